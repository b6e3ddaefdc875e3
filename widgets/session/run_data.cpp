#include "widgets/session/run_data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double valueAt(const std::vector<double>& values, std::size_t index) {
  return index < values.size() ? values[index] : kNaN;
}

/// The task was off, or no example of the batch had a label for it.
bool isAbsent(const train::StepRecord& step, std::size_t task) {
  return std::isnan(valueAt(step.losses, task)) && valueAt(step.weights, task) == 0;
}

}  // namespace

RunData::RunData(QObject* parent) : QObject(parent) {}

void RunData::start(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks) {
  Content fresh;  // made first: what is passed may be part of the former
  fresh.experiment = experiment;
  fresh.tasks = tasks;
  content_ = std::move(fresh);
  content_.losses.resize(content_.tasks.size());
  content_.weights.resize(content_.tasks.size());
  content_.firstLosses.assign(content_.tasks.size(), kNaN);
  content_.rates.resize(content_.tasks.size());
  for (ConflictTrack& track : content_.conflictTracks) track = ConflictTrack(taskCount());
  emit restarted();
}

void RunData::exchange(RunData& other) {
  std::swap(content_, other.content_);
  for (auto* one : {this, &other}) {
    emit one->restarted();
    emit one->changed();
  }
}

void RunData::setExperiment(const train::Experiment& experiment) {
  content_.experiment = experiment;
  emit experimentChanged();
}

void RunData::append(const run::Records& records) {
  for (const auto& step : records.steps) appendStep(step);
  for (const auto& evaluation : records.evaluations) appendEvaluation(evaluation);
  for (const auto& intervals : records.intervals) appendIntervals(intervals);
  content_.events.insert(content_.events.end(), records.events.begin(), records.events.end());
  emit changed();
}

void RunData::appendStep(const train::StepRecord& step) {
  const std::array position{static_cast<double>(step.step), step.epoch,
                            static_cast<double>(step.examples), step.seconds};
  content_.x.add(position);
  for (std::size_t task = 0; task < content_.tasks.size(); ++task) {
    content_.losses[task].push_back(valueAt(step.losses, task));
    const double loss = content_.losses[task].back();
    if (std::isnan(content_.firstLosses[task]) && std::isfinite(loss))
      content_.firstLosses[task] = loss;
    content_.weights[task].push_back(valueAt(step.weights, task));
  }
  for (const auto& term : step.terms) appendTerm(term, position);
  for (const auto& observed : step.observations)
    widgets::append(content_.observed, observed, position);
  content_.learningRates.push_back(step.learningRate);
  if (step.point.size() == content_.way.size())
    for (std::size_t i = 0; i < content_.way.size(); ++i) content_.way[i].push_back(step.point[i]);
  if (step.conflict) appendConflict(step, position);
  if (!step.affinity) return;
  content_.affinities.push_back(train::affinities(*step.affinity));
  content_.affinityX.add(position);
}

void RunData::appendTerm(const train::TermRecord& term, const XPosition& position) {
  const QString name = shownName(term.name);
  auto& tracks = term.task < 0 ? content_.penalties : content_.terms;
  auto found = std::find_if(tracks.begin(), tracks.end(), [&](const TermTrack& one) {
    return one.task == term.task && one.name == name;
  });
  if (found == tracks.end())
    found = tracks.insert(tracks.end(), {static_cast<int>(term.task), name, {}});
  found->track.x.add(position);
  found->track.y.push_back(term.value);
}

void RunData::appendConflict(const train::StepRecord& step, const XPosition& position) {
  const train::ConflictRecord& conflict = *step.conflict;
  content_.conflicts.push_back(conflict);
  content_.conflictX.add(position);
  Column there;
  for (std::size_t task = 0; task < content_.tasks.size(); ++task)
    there.push_back(isAbsent(step, task) ? 0 : 1);
  ConflictTrack& track = content_.conflictTracks[static_cast<std::size_t>(conflict.source)];
  content_.conflictRows.push_back(track.share.size());
  track.add(position, conflict, there);
}

void RunData::appendEvaluation(const train::EvaluationRecord& evaluation) {
  content_.evaluations.push_back(evaluation);
  if (!evaluation.intervals.empty())
    content_.measured[evaluation.split] = content_.evaluations.size() - 1;
  const std::array position{static_cast<double>(evaluation.step), evaluation.epoch,
                            xAt(evaluation.step, XUnit::examples), evaluation.seconds};
  content_.evaluationX.add(position);
  for (std::size_t task = 0; task < std::min(content_.tasks.size(), evaluation.tasks.size());
       ++task)
    for (const auto& [id, value] : evaluation.tasks[task]) {
      Track& track = content_.metrics[{static_cast<int>(task), id, evaluation.split}];
      track.x.add(position);
      track.y.push_back(value);
    }
}

void RunData::appendIntervals(const train::IntervalRecord& intervals) {
  for (std::size_t i = content_.evaluations.size(); i-- > 0;) {
    if (content_.evaluations[i].split != intervals.split) continue;
    content_.evaluations[i].intervals = intervals.tasks;
    content_.measured[intervals.split] = i;
    return;
  }
}

std::optional<std::size_t> RunData::measured(train::SplitName split) const {
  const auto found = content_.measured.find(split);
  return found == content_.measured.end() ? std::nullopt : std::optional(found->second);
}

QString RunData::taskName(int task) const {
  return shownName(content_.tasks[static_cast<std::size_t>(task)].name);
}

const ConflictTrack& RunData::conflictTrack(train::GradientSource source) const {
  return content_.conflictTracks[static_cast<std::size_t>(source)];
}

const ConflictTrack& RunData::newestConflictTrack() const {
  return conflictTrack(content_.conflicts.empty() ? train::GradientSource::exact
                                                  : content_.conflicts.back().source);
}

const Column& RunData::trainingRates(int task) const {
  const std::size_t tasks = content_.tasks.size();
  for (std::size_t row = content_.rates[0].size(); row < content_.learningRates.size(); ++row) {
    Column rates;
    double sum = 0;
    int count = 0;
    for (std::size_t k = 0; k < tasks; ++k) {
      const double first = content_.firstLosses[k];
      rates.push_back(first > 0 ? content_.losses[k][row] / first : kNaN);
      if (!std::isfinite(rates.back())) continue;
      sum += rates.back();
      ++count;
    }
    for (std::size_t k = 0; k < tasks; ++k) content_.rates[k].push_back(rates[k] / (sum / count));
  }
  return content_.rates[static_cast<std::size_t>(task)];
}

const Track* RunData::metric(int task, const QString& id, train::SplitName split) const {
  const auto found = content_.metrics.find({task, id.toStdString(), split});
  return found == content_.metrics.end() ? nullptr : &found->second;
}

QStringList RunData::metricIds() const {
  std::set<std::string> ids;
  for (const auto& [key, track] : content_.metrics) ids.insert(std::get<1>(key));
  QStringList out;
  if (ids.erase("loss") > 0) out << "loss";
  for (const auto& id : ids) out << QString::fromStdString(id);
  return out;
}

bool RunData::finished() const {
  const auto last =
      std::find_if(content_.events.rbegin(), content_.events.rend(), [](const auto& event) {
        return event.kind == "finished" || event.kind == "stopped" || event.kind == "resumed";
      });
  return last != content_.events.rend() && last->kind == "finished";
}

double RunData::xAt(std::int64_t step, XUnit unit) const {
  const auto row = rowAt(static_cast<double>(step), XUnit::step);
  return row ? x(unit)[*row] : 0.0;
}

std::optional<std::size_t> RunData::rowAt(double position, XUnit unit) const {
  const Column& column = x(unit);
  const auto after = std::upper_bound(column.begin(), column.end(), position);
  if (after == column.begin()) return std::nullopt;
  return static_cast<std::size_t>(after - column.begin()) - 1;
}

}  // namespace eq::widgets
