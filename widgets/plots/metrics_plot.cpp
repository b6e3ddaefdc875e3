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
  QStringList ids;
  for (const ShownRun& run : runs())
    for (const QString& id : run.data->metricIds())
      if (!ids.contains(id)) ids << id;
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
QString MetricsPlot::metricOf(const RunData& run, int task) const {
  if (metric_->currentIndex() > 0) return metric_->currentText();
  const auto has = [&](const QString& id) {
    return std::any_of(kSplits.begin(), kSplits.end(),
                       [&](auto split) { return run.metric(task, id, split); });
  };
  for (const auto& spec : run.experiment().tasks)
    if (shownName(spec.name) == run.taskName(task))
      for (const auto& metric : spec.metrics)
        if (const auto id = QString::fromStdString(metric.id); has(id)) return id;
  const QStringList ids = run.metricIds();
  for (auto id = ids.begin(); id != ids.end(); ++id)
    if (id != ids.begin() && has(*id)) return *id;
  return ids.value(0);
}

std::vector<MetricsPlot::Shown> MetricsPlot::shown() const {
  std::vector<Shown> out;
  for (const ShownRun& run : runs())
    for (Shown& one : shownOf(run)) out.push_back(std::move(one));
  return out;
}

std::vector<MetricsPlot::Shown> MetricsPlot::shownOf(const ShownRun& run) const {
  std::vector<Shown> out;
  for (int split = 0; split < static_cast<int>(kSplits.size()); ++split) {
    if (split_->currentIndex() > 0 && split_->currentIndex() != split + 1) continue;
    const auto name = kSplits[static_cast<std::size_t>(split)];
    for (int task = 0; task < run.data->taskCount(); ++task)
      if (const Track* track = run.data->metric(task, metricOf(*run.data, task), name))
        out.push_back({run, task, name, track});
  }
  return out;
}

std::vector<LineSpec> MetricsPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  for (const Shown& one : shownOf({{}, {}, 0, false, &run, 0}))
    out.push_back(
        {tr("%1, %2").arg(run.taskName(one.task), QString::fromStdString(train::toText(one.split))),
         one.task, &one.track->x, &one.track->y, kLooks[static_cast<std::size_t>(one.split)]});
  return out;
}

std::vector<IntervalBar> MetricsPlot::bars() const {
  std::vector<IntervalBar> out;
  if (isDerived()) return out;
  const auto lines = shown();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i < drawnLines().size() && !drawnLines()[i]->isVisible()) continue;
    const RunData& run = *lines[i].run.data;
    const auto place = run.measured(lines[i].split);
    const auto task = static_cast<std::size_t>(lines[i].task);
    const auto metric = metricOf(run, lines[i].task).toStdString();
    if (!place) continue;
    const auto& evaluation = run.evaluations()[*place];
    const auto ofTask = evaluation.intervals.find(task);
    if (ofTask == evaluation.intervals.end() || !ofTask->second.contains(metric)) continue;
    const auto& interval = ofTask->second.at(metric);
    const bool several = runs().size() > 1;
    out.push_back({taskIn(run, lines[i].task), run.evaluationX().in(link().unit())[*place],
                   interval.low, interval.high, several ? lines[i].run.colour : lines[i].task});
  }
  return out;
}

std::vector<BestValue> MetricsPlot::bestShown() const {
  std::vector<BestValue> out;
  if (isDerived()) return out;
  const auto tracks = shown();
  for (std::size_t i = 0; i < std::min(tracks.size(), drawnLines().size()); ++i) {
    const auto& [run, task, split, track] = tracks[i];
    if (split != train::SplitName::validation || !drawnLines()[i]->isVisible()) continue;
    const QString metric = metricOf(*run.data, task);
    const auto better = run::betterOf(metric.toStdString());
    if (better == run::Better::unknown) continue;
    const auto row = bestRow(track->y, better == run::Better::higher);
    if (row && track->y.size() > 1)
      out.push_back({taskIn(*run.data, task), track->x.in(link().unit())[*row], track->y[*row],
                     drawnLines()[i]->spec().unit,
                     tr("%1 of %2").arg(metric, nameIn(run, run.data->taskName(task))),
                     runs().size() > 1 ? std::optional(run.colour) : std::nullopt});
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
  for (const auto& [run, task, split, track] : shown())
    if (const auto place = run.data->measured(split))
      for (const auto& [ofTask, metrics] : run.data->evaluations()[*place].intervals)
        if (const auto found = metrics.find(metricOf(*run.data, task).toStdString());
            found != metrics.end())
          return tr("bars: %1").arg(bootstrapText(found->second));
  return {};
}

QString MetricsPlot::tipAt(std::optional<int> task, double x, double reach) const {
  QStringList texts;
  for (const BestValue& best : best_.drawn())
    if ((!task || best.task == *task) && std::abs(best.x - x) <= reach)
      texts << tr("Best %1 on validation: %2 at %3 %4")
                   .arg(best.name, shortText(best.value), toText(link().unit()).toLower(),
                        shortText(best.x));
  return texts.join('\n');
}

bool MetricsPlot::isApart() const {
  return metric_->currentIndex() <= 0;
}

QString MetricsPlot::taskLabel(int task) const {
  for (const ShownRun& run : runs())
    for (int own = 0; own < run.data->taskCount(); ++own)
      if (taskIn(*run.data, own) == task)
        return tr("%1 %2").arg(taskName(task), metricOf(*run.data, own));
  return taskName(task);
}

QString MetricsPlot::yLabel() const {
  return metric_->currentIndex() > 0 ? metric_->currentText() : tr("Metric");
}

QString MetricsPlot::emptyText(const RunData& run) const {
  if (run.metricIds().isEmpty()) return tr("Metrics appear here with the first evaluation.");
  return lines(run).empty() ? tr("No evaluation of this split yet.") : QString();
}

}  // namespace eq::widgets
