#include "widgets/plots/axis_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QFontMetrics>

namespace eq::widgets {
namespace {

constexpr double kMargin = 0.05;  // of the values' extent, on each side

/// Powers of ten, or 1, 2 and 5 times them where there are few.
class LogTicker : public QCPAxisTickerLog {
 protected:
  QVector<double> createTickVector(double tickStep, const QCPRange& range) override {
    const double decades = std::log10(range.upper / range.lower);
    if (!(range.lower > 0) || decades >= kFewDecades || decades < kHardlyAny)
      return QCPAxisTickerLog::createTickVector(tickStep, range);
    QVector<double> ticks;
    for (int power = static_cast<int>(std::floor(std::log10(range.lower)));
         std::pow(10, power) < range.upper; ++power)
      for (const double factor : {1, 2, 5}) ticks.append(factor * std::pow(10, power));
    return ticks;
  }

 private:
  static constexpr double kFewDecades = 3, kHardlyAny = 0.4;
};

/// As many labels as stand beside each other, at least two.
class RoomyTicker : public QCPAxisTicker {
 public:
  explicit RoomyTicker(const QCPAxis& axis) : axis_(axis) {}

  void generate(const QCPRange& range, const QLocale& locale, QChar format, int precision,
                QVector<double>& ticks, QVector<double>* subTicks,
                QVector<QString>* labels) override {
    for (int count = kMostTicks; count >= kLeastTicks; --count) {
      setTickCount(count);
      QCPAxisTicker::generate(range, locale, format, precision, ticks, subTicks, labels);
      if (!labels || fit(ticks, *labels)) return;
    }
  }

 private:
  static constexpr int kMostTicks = 5, kLeastTicks = 2, kGap = 6;  // pixels between labels

  bool fit(const QVector<double>& ticks, const QVector<QString>& labels) const {
    const QFontMetrics metrics(axis_.tickLabelFont());
    const bool across = axis_.orientation() == Qt::Horizontal;
    const int gap = across ? kGap : 0;
    double lastMiddle = -std::numeric_limits<double>::infinity(), lastHalf = 0;
    for (qsizetype i = 0; i < std::min(ticks.size(), labels.size()); ++i) {
      if (!axis_.range().contains(ticks[i])) continue;  // it is not drawn
      const double half = (across ? metrics.horizontalAdvance(labels[i]) : metrics.ascent()) / 2.0;
      const double middle = axis_.coordToPixel(ticks[i]);
      if (std::abs(middle - lastMiddle) < half + lastHalf + gap) return false;
      lastMiddle = middle;
      lastHalf = half;
    }
    return true;
  }

  const QCPAxis& axis_;
};

}  // namespace

void setScale(QCPAxis& axis, bool logarithmic) {
  axis.setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  axis.setTicker(logarithmic ? QSharedPointer<QCPAxisTicker>(new LogTicker)
                             : QSharedPointer<QCPAxisTicker>(new RoomyTicker(axis)));
}

PlotLine::Extent withMargin(PlotLine::Extent extent, bool logarithmic) {
  if (logarithmic) {
    const double decades = std::max(std::log10(extent.upper / extent.lower), 0.2);
    const double factor = std::pow(10, kMargin * decades);
    return {extent.lower / factor, extent.upper * factor};
  }
  const double height = extent.upper - extent.lower;
  const double margin =
      height > 0 ? kMargin * height : std::max(std::abs(extent.upper) * 0.1, 1e-12);
  return {extent.lower - margin, extent.upper + margin};
}

}  // namespace eq::widgets
