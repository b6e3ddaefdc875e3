#include "widgets/plots/metrics_plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QSignalBlocker>

#include "core/run/run_values.h"
#include "widgets/session/run_summary.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr std::array kLooks{LineSpec::Look::circles, LineSpec::Look::discs,
                            LineSpec::Look::squares};
constexpr std::array kSplits{train::SplitName::train, train::SplitName::validation,
                             train::SplitName::test};

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
  splitByTask();
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
  drawMarks();
}

void MetricsPlot::restart() {
  TimePlot::restart();
  clearMarks();
}

void MetricsPlot::restyle(const PlotStyle& style) {
  TimePlot::restyle(style);
  clearMarks();
  drawMarks();
}

void MetricsPlot::drawMarks() {
  const auto axes = [this](int task) -> const PaneAxes& { return axesOf(task); };
  bars_.draw(bars(), style(), axes);
  best_.draw(bestShown(), style(), axes);
}

void MetricsPlot::clearMarks() {
  bars_.clear();
  best_.clear();
}

void MetricsPlot::offerMetrics() {
  QStringList ids = data().metricIds();
  if (!ids.isEmpty()) ids.prepend(tr("main of each task"));
  QStringList offered;
  for (int i = 0; i < metric_->count(); ++i) offered << metric_->itemText(i);
  if (offered == ids) return;
  const QSignalBlocker blocker(metric_);
  const QString chosen = metric_->currentText();
  metric_->clear();
  metric_->addItems(ids);
  metric_->setCurrentIndex(std::max(static_cast<int>(ids.indexOf(chosen)), 0));
}

/// Of a task's own list the first, else any but the loss, which has a plot of its own.
QString MetricsPlot::metricOf(int task) const {
  if (metric_->currentIndex() > 0) return metric_->currentText();
  const auto has = [&](const QString& id) {
    return std::any_of(kSplits.begin(), kSplits.end(),
                       [&](auto split) { return data().metric(task, id, split); });
  };
  for (const auto& spec : data().experiment().tasks)
    if (shownName(spec.name) == data().taskName(task))
      for (const auto& metric : spec.metrics)
        if (const auto id = QString::fromStdString(metric.id); has(id)) return id;
  const QStringList ids = data().metricIds();
  for (auto id = ids.begin(); id != ids.end(); ++id)
    if (id != ids.begin() && has(*id)) return *id;
  return ids.value(0);
}

std::vector<MetricsPlot::Shown> MetricsPlot::shown() const {
  std::vector<Shown> out;
  for (int split = 0; split < static_cast<int>(kSplits.size()); ++split) {
    if (split_->currentIndex() > 0 && split_->currentIndex() != split + 1) continue;
    const auto name = kSplits[static_cast<std::size_t>(split)];
    for (int task = 0; task < data().taskCount(); ++task)
      if (const Track* track = data().metric(task, metricOf(task), name))
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

std::vector<IntervalBar> MetricsPlot::bars() const {
  std::vector<IntervalBar> out;
  const auto lines = shown();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i < drawnLines().size() && !drawnLines()[i]->isVisible()) continue;
    const auto place = data().measured(lines[i].split);
    const auto task = static_cast<std::size_t>(lines[i].task);
    const auto metric = metricOf(lines[i].task).toStdString();
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

std::vector<BestValue> MetricsPlot::bestShown() const {
  std::vector<BestValue> out;
  const auto tracks = shown();
  for (std::size_t i = 0; i < std::min(tracks.size(), drawnLines().size()); ++i) {
    const auto& [task, split, track] = tracks[i];
    if (split != train::SplitName::validation || !drawnLines()[i]->isVisible()) continue;
    const auto row = bestRow(track->y, run::isHigherBetter(metricOf(task).toStdString()));
    if (row && track->y.size() > 1)
      out.push_back(
          {task, track->x.in(link().unit())[*row], track->y[*row], drawnLines()[i]->spec().unit});
  }
  return out;
}

std::optional<PlotLine::Extent> MetricsPlot::fixedExtent(std::optional<int> task) const {
  std::optional<PlotLine::Extent> all;
  for (const IntervalBar& bar : bars()) {
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
        if (const auto found = metrics.find(metricOf(task).toStdString()); found != metrics.end())
          return tr("bars: %1").arg(bootstrapText(found->second));
  return {};
}

QString MetricsPlot::tipAt(std::optional<int> task, double x, double reach) const {
  QStringList texts;
  for (const BestValue& best : best_.drawn())
    if ((!task || best.task == *task) && std::abs(best.x - x) <= reach)
      texts << tr("Best %1 of %2 on validation: %3 at %4 %5")
                   .arg(metricOf(best.task), data().taskName(best.task), shortText(best.value),
                        toText(link().unit()).toLower(), shortText(best.x));
  return texts.join('\n');
}

bool MetricsPlot::isApart() const {
  return metric_->currentIndex() <= 0;
}

QString MetricsPlot::taskLabel(int task) const {
  return tr("%1 %2").arg(data().taskName(task), metricOf(task));
}

QString MetricsPlot::yLabel() const {
  return metric_->currentIndex() > 0 ? metric_->currentText() : tr("Metric");
}

QString MetricsPlot::hint() const {
  if (data().metricIds().isEmpty()) return tr("Metrics appear here with the first evaluation.");
  return lines().empty() ? tr("No evaluation of this split yet.") : QString();
}

}  // namespace eq::widgets
