#include "widgets/plots/metrics_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QSignalBlocker>

#include "widgets/session/run_summary.h"

namespace eq::widgets {
namespace {

constexpr std::array kLooks{LineSpec::Look::circles, LineSpec::Look::discs,
                            LineSpec::Look::squares};
constexpr std::array kSplits{train::SplitName::train, train::SplitName::validation,
                             train::SplitName::test};
constexpr double kWhisker = 9;  // pixels

}  // namespace

MetricsPlot::MetricsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Metrics"), data, link, parent),
      metric_(new QComboBox(this)),
      split_(new QComboBox(this)) {
  metric_->setAccessibleName(tr("Metric"));
  metric_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  split_->setAccessibleName(tr("Split"));
  split_->addItems({tr("all splits"), tr("train"), tr("validation"), tr("test")});
  addControl(metric_);
  addControl(split_);
  connect(metric_, &QComboBox::currentIndexChanged, this, &MetricsPlot::startAgain);
  connect(split_, &QComboBox::currentIndexChanged, this, &MetricsPlot::startAgain);
}

void MetricsPlot::setMetric(const QString& id) {
  offerMetrics();
  const int index = metric_->findText(id);
  if (index >= 0) metric_->setCurrentIndex(index);
}

void MetricsPlot::grow() {
  offerMetrics();
  TimePlot::grow();
  drawBars();
}

void MetricsPlot::restart() {
  TimePlot::restart();
  clearBars();
}

void MetricsPlot::restyle(const PlotStyle& style) {
  TimePlot::restyle(style);
  clearBars();
  drawBars();
}

void MetricsPlot::offerMetrics() {
  const QStringList ids = data().metricIds();
  QStringList offered;
  for (int i = 0; i < metric_->count(); ++i) offered << metric_->itemText(i);
  if (offered == ids) return;
  const QSignalBlocker blocker(metric_);
  const QString chosen = metric_->currentText();
  metric_->clear();
  metric_->addItems(ids);
  // The loss has a plot of its own: begin with another metric where there is one.
  const auto index = ids.indexOf(chosen);
  metric_->setCurrentIndex(static_cast<int>(index >= 0 ? index : ids.size() > 1 ? 1 : 0));
}

std::vector<MetricsPlot::Shown> MetricsPlot::shown() const {
  std::vector<Shown> out;
  for (int split = 0; split < static_cast<int>(kSplits.size()); ++split) {
    if (split_->currentIndex() > 0 && split_->currentIndex() != split + 1) continue;
    const auto name = kSplits[static_cast<std::size_t>(split)];
    for (int task = 0; task < data().taskCount(); ++task)
      if (const Track* track = data().metric(task, metric_->currentText(), name))
        out.push_back({task, name, track});
  }
  return out;
}

std::vector<LineSpec> MetricsPlot::lines() const {
  std::vector<LineSpec> out;
  for (const auto& [task, split, track] : shown())
    out.push_back(
        {tr("%1, %2").arg(data().taskName(task), QString::fromStdString(train::toText(split))),
         task, &track->x.in(link().unit()), &track->y, kLooks[static_cast<std::size_t>(split)]});
  return out;
}

std::vector<MetricsPlot::Bar> MetricsPlot::bars() const {
  std::vector<Bar> out;
  const auto lines = shown();
  const auto metric = metric_->currentText().toStdString();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i < drawnLines().size() && !drawnLines()[i]->isVisible()) continue;
    const auto place = data().measured(lines[i].split);
    const auto task = static_cast<std::size_t>(lines[i].task);
    if (!place) continue;
    const auto& evaluation = data().evaluations()[*place];
    const auto ofTask = evaluation.intervals.find(task);
    if (ofTask == evaluation.intervals.end() || !ofTask->second.contains(metric)) continue;
    const auto& interval = ofTask->second.at(metric);
    out.push_back({lines[i].task, data().evaluationX().in(link().unit())[*place], interval.low,
                   interval.high});
  }
  return out;
}

void MetricsPlot::clearBars() {
  for (QCPErrorBars* item : barItems_) {
    QCPAbstractPlottable* middle = item->dataPlottable();
    plot().removePlottable(item);
    plot().removePlottable(middle);
  }
  barItems_.clear();
  drawnBars_.clear();
}

void MetricsPlot::drawBars() {
  const auto wanted = bars();
  if (wanted == drawnBars_) return;
  clearBars();
  drawnBars_ = wanted;
  for (const Bar& bar : wanted) {
    auto* middle = new QCPGraph(plot().xAxis, plot().yAxis);
    middle->setLineStyle(QCPGraph::lsNone);
    middle->addData(bar.x, (bar.low + bar.high) / 2);
    middle->removeFromLegend();
    auto* item = new QCPErrorBars(plot().xAxis, plot().yAxis);
    item->setDataPlottable(middle);
    item->addData((bar.high - bar.low) / 2);
    item->setPen(QPen(taskColour(style().theme, bar.task), style().lineWidth + 0.5));
    item->setWhiskerWidth(kWhisker);
    item->setSymbolGap(0);
    item->removeFromLegend();
    barItems_.push_back(item);
  }
}

std::optional<PlotLine::Extent> MetricsPlot::fixedExtent(std::optional<int> task) const {
  std::optional<PlotLine::Extent> all;
  for (const Bar& bar : bars()) {
    if (task && bar.task != *task) continue;
    if (!(std::isfinite(bar.low) && std::isfinite(bar.high)) || (isLogY() && bar.low <= 0))
      continue;
    if (const auto range = link().range(); range && (bar.x < range->lower || bar.x > range->upper))
      continue;
    all = all ? PlotLine::Extent{std::min(all->lower, bar.low), std::max(all->upper, bar.high)}
              : PlotLine::Extent{bar.low, bar.high};
  }
  return all;
}

QString MetricsPlot::note() const {
  for (const auto& [task, split, track] : shown())
    if (const auto place = data().measured(split))
      for (const auto& [ofTask, metrics] : data().evaluations()[*place].intervals)
        if (const auto found = metrics.find(metric_->currentText().toStdString());
            found != metrics.end())
          return tr("bars: %1").arg(bootstrapText(found->second));
  return {};
}

QString MetricsPlot::yLabel() const {
  return metric_->currentText();
}

QString MetricsPlot::hint() const {
  if (data().metricIds().isEmpty()) return tr("Metrics appear here with the first evaluation.");
  return lines().empty() ? tr("No evaluation of this split yet.") : QString();
}

}  // namespace eq::widgets
