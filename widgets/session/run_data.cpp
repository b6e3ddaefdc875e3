#include "widgets/session/run_data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
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

double degrees(double cosine) {
  return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
}

/// Adds the share of `cosines` below 0, of those that are there, and the mean of all shares.
void appendShare(ConflictTrack& track, const Column& cosines) {
  const auto valid =
      std::count_if(cosines.begin(), cosines.end(), [](double c) { return !std::isnan(c); });
  const auto negative =
      std::count_if(cosines.begin(), cosines.end(), [](double c) { return c < 0; });
  const double before = track.meanShare.empty() ? kNaN : track.meanShare.back();
  if (valid == 0) {
    track.share.push_back(kNaN);
    track.meanShare.push_back(before);
    return;
  }
  const double share = static_cast<double>(negative) / static_cast<double>(valid);
  track.share.push_back(share);
  ++track.shares;
  track.meanShare.push_back(
      track.shares == 1 ? share : before + (share - before) / static_cast<double>(track.shares));
}

}  // namespace

QString toText(XUnit unit) {
  static const std::array<QString, kXUnits.size()> kTexts{"Step", "Epoch", "Examples",
                                                          "Wall time (s)"};
  return kTexts[static_cast<std::size_t>(unit)];
}

void XColumns::add(const std::array<double, kXUnits.size()>& position) {
  for (std::size_t i = 0; i < position.size(); ++i) columns_[i].push_back(position[i]);
}

RunData::RunData(QObject* parent) : QObject(parent) {}

void RunData::start(const train::Experiment& experiment, const std::vector<TaskInfo>& tasks) {
  Content fresh;  // made first: what is passed may be part of the former
  fresh.experiment = experiment;
  fresh.tasks = tasks;
  content_ = std::move(fresh);
  content_.losses.resize(content_.tasks.size());
  content_.weights.resize(content_.tasks.size());
  for (ConflictTrack& track : content_.conflictTracks) {
    track.norms.resize(content_.tasks.size());
    track.taskThere.resize(content_.tasks.size());
    track.angles.resize(static_cast<std::size_t>(pairCount()));
    track.pairThere.resize(static_cast<std::size_t>(pairCount()));
  }
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
    content_.weights[task].push_back(valueAt(step.weights, task));
  }
  for (const auto& term : step.terms) appendTerm(term, position);
  content_.learningRates.push_back(step.learningRate);
  if (step.point.size() == content_.way.size())
    for (std::size_t i = 0; i < content_.way.size(); ++i) content_.way[i].push_back(step.point[i]);
  if (step.conflict) appendConflict(step, position);
}

void RunData::appendTerm(const train::TermRecord& term, const std::array<double, 4>& position) {
  const QString name = shownName(term.name);
  auto found =
      std::find_if(content_.terms.begin(), content_.terms.end(),
                   [&](const TermTrack& one) { return one.task == term.task && one.name == name; });
  if (found == content_.terms.end())
    found = content_.terms.insert(content_.terms.end(), {static_cast<int>(term.task), name, {}});
  found->track.x.add(position);
  found->track.y.push_back(term.value);
}

void RunData::appendConflict(const train::StepRecord& step, const std::array<double, 4>& position) {
  const train::ConflictRecord& conflict = *step.conflict;
  content_.conflicts.push_back(conflict);
  content_.conflictX.add(position);
  ConflictTrack& track = content_.conflictTracks[static_cast<std::size_t>(conflict.source)];
  track.x.add(position);
  for (std::size_t task = 0; task < content_.tasks.size(); ++task) {
    const bool there = !isAbsent(step, task);
    track.taskThere[task].push_back(there ? 1 : 0);
    track.norms[task].push_back(there ? valueAt(conflict.norms, task) : kNaN);
  }
  appendPairs(track, conflict);
  track.conditionNumber.push_back(conflict.conditionNumber);
  track.updateNorm.push_back(conflict.updateNorm);
}

void RunData::appendPairs(ConflictTrack& track, const train::ConflictRecord& conflict) {
  Column cosines;
  double any = 0;
  for (int pair = 0; pair < pairCount(); ++pair) {
    const auto [a, b] = pairTasks(pair);
    const auto place = static_cast<std::size_t>(pair);
    const double there = std::min(track.taskThere[static_cast<std::size_t>(a)].back(),
                                  track.taskThere[static_cast<std::size_t>(b)].back());
    const auto cell = static_cast<std::size_t>(a * taskCount() + b);
    cosines.push_back(there > 0 ? valueAt(conflict.cosines, cell) : kNaN);
    track.pairThere[place].push_back(there);
    track.angles[place].push_back(degrees(cosines.back()));
    any = std::max(any, there);
  }
  track.anyThere.push_back(any);
  appendShare(track, cosines);
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

std::pair<int, int> RunData::pairTasks(int pair) const {
  int first = 0;
  for (int row = taskCount() - 1; pair >= row; --row) {
    pair -= row;
    ++first;
  }
  return {first, first + 1 + pair};
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
