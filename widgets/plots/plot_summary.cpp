#include "widgets/plots/plot_summary.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QAccessible>
#include <QAccessibleWidget>
#include <QObject>
#include <QStringList>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kLeastPointsOfATrend = 8;
constexpr double kLevelShare = 0.02;     // of the range
constexpr std::size_t kMostCurves = 24;  // that anyone listens to

/// The finite points of a curve.
struct Heard {
  Column x, y;
};

Heard finitePoints(const Series& series) {
  Heard heard;
  for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
    heard.x.push_back(series.x[i]);
    heard.y.push_back(series.y[i]);
  }
  return heard;
}

double meanOf(const Column& values, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to; ++i) sum += values[i] / static_cast<double>(to - from);
  return sum;
}

QString trendOf(const Column& y, double range) {
  if (y.size() < kLeastPointsOfATrend) return {};
  const std::size_t quarter = y.size() / 4;
  const double change = meanOf(y, y.size() - quarter, y.size()) -
                        meanOf(y, y.size() - 2 * quarter, y.size() - quarter);
  if (std::abs(change) <= kLevelShare * range) return QObject::tr(", level");
  return change < 0 ? QObject::tr(", falling") : QObject::tr(", rising");
}

QString sentenceOf(const Series& series) {
  const Heard heard = finitePoints(series);
  if (heard.y.empty()) return QObject::tr("%1: no value.").arg(series.name);
  const auto [least, greatest] = std::minmax_element(heard.y.begin(), heard.y.end());
  const auto place = [&](auto value) {
    return shortText(heard.x[static_cast<std::size_t>(value - heard.y.begin())]);
  };
  QString text =
      QObject::tr("%1: %2 at %3 %4%5, from %6.")
          .arg(series.name, shortText(heard.y.back()), series.xName, shortText(heard.x.back()),
               trendOf(heard.y, *greatest - *least), shortText(heard.y.front()));
  if (heard.y.size() > 2)
    text += QObject::tr(" Least %1 at %2, greatest %3 at %4.")
                .arg(shortText(*least), place(least), shortText(*greatest), place(greatest));
  if (const auto gone = series.y.size() - heard.y.size(); gone > 0)
    text += QObject::tr(" %n values are not finite.", nullptr, static_cast<int>(gone));
  return text;
}

class DescribedPlot : public QAccessibleWidget {
 public:
  explicit DescribedPlot(QWidget* plot) : QAccessibleWidget(plot, QAccessible::Chart) {}

  QString text(QAccessible::Text kind) const override {
    if (kind != QAccessible::Description) return QAccessibleWidget::text(kind);
    for (auto* part = widget()->parentWidget(); part; part = part->parentWidget())
      if (const auto* panel = qobject_cast<PlotPanel*>(part)) return panel->inWords();
    return QAccessibleWidget::text(kind);
  }
};

QAccessibleInterface* describedPlot(const QString&, QObject* object) {
  auto* plot = qobject_cast<QCustomPlot*>(object);
  return plot ? new DescribedPlot(plot) : nullptr;
}

}  // namespace

QString summaryOf(const std::vector<Series>& series) {
  QStringList sentences;
  for (std::size_t i = 0; i < std::min(series.size(), kMostCurves); ++i)
    sentences << sentenceOf(series[i]);
  if (series.size() > kMostCurves)
    sentences << QObject::tr("%n more curves.", nullptr,
                             static_cast<int>(series.size() - kMostCurves));
  return sentences.join('\n');
}

void describePlotsToScreenReaders() {
  static const bool installed = [] {
    QAccessible::installFactory(describedPlot);
    return true;
  }();
  Q_UNUSED(installed);
}

}  // namespace eq::widgets
