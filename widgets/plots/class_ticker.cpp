#include "widgets/plots/class_ticker.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QFontMetrics>

namespace eq::widgets {
namespace {

constexpr int kLongest = 16;      // characters of a name
constexpr double kShare = 0.6;    // of the plot's edge, that is the axis at the least
constexpr double kSlanted = 1.5;  // heights of the font between slanted labels
constexpr int kGap = 8;           // pixels between labels that lie side by side

QString shortened(const QString& name) {
  return name.size() <= kLongest ? name : name.left(kLongest - 1) + "…";
}

}  // namespace

void ClassTicker::setNames(const QStringList& names) {
  names_.clear();
  for (const QString& name : names) names_ << shortened(name);
}

int ClassTicker::widest() const {
  const QFontMetrics metrics(axis_.tickLabelFont());
  int widest = 0;
  for (const QString& name : names_) widest = std::max(widest, metrics.horizontalAdvance(name));
  return widest;
}

int ClassTicker::stride() const {
  const bool along = axis_.orientation() == Qt::Horizontal;
  const QRect view = axis_.parentPlot()->viewport();
  const double room = kShare * (along ? view.width() : view.height());
  const double height = QFontMetrics(axis_.tickLabelFont()).height();
  const double label = !along                             ? height
                       : axis_.tickLabelRotation() == 0.0 ? widest() + kGap
                                                          : kSlanted * height;
  const double needed = label * static_cast<double>(names_.size()) / std::max(room, 1.0);
  int stride = 1;
  for (int power = 1; stride < needed; power *= 10)
    for (const int step : {1, 2, 5})
      if (stride < needed) stride = step * power;
  return stride;
}

QVector<double> ClassTicker::createTickVector(double, const QCPRange& range) {
  QVector<double> ticks;
  const int step = stride();
  for (int i = 0; i < names_.size(); i += step)
    if (range.contains(i)) ticks << i;
  return ticks;
}

QString ClassTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
  return names_.value(static_cast<int>(std::lround(tick)));
}

}  // namespace eq::widgets
