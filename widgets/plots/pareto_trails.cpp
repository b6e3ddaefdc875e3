#include "widgets/plots/pareto_trails.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <QCoreApplication>

#include "core/metric/pareto/attainment.h"
#include "core/metric/pareto/volume_history.h"
#include "core/run/run_values.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr auto kSplit = train::SplitName::validation;
constexpr std::size_t kExactPoints = 200;  // of three values

/// Adds an objective that the run has and the list has not.
void offer(std::vector<ParetoObjective>& objectives, const RunData& run, int task,
           const std::string& metric) {
  if (!run.metric(task, QString::fromStdString(metric), kSplit)) return;
  const ParetoObjective one{run.taskName(task), metric, run::isHigherBetter(metric)};
  if (std::find(objectives.begin(), objectives.end(), one) == objectives.end())
    objectives.push_back(one);
}

std::optional<int> taskNamed(const RunData& run, const QString& name) {
  for (int task = 0; task < run.taskCount(); ++task)
    if (run.taskName(task) == name) return task;
  return std::nullopt;
}

/// As the newest event that tells of it says.
std::optional<double> parametersOf(const RunData& run) {
  for (auto event = run.events().rbegin(); event != run.events().rend(); ++event)
    if (event->detail.is_object() && event->detail.contains("parameters") &&
        event->detail["parameters"].is_number())
      return event->detail["parameters"].get<double>();
  return std::nullopt;
}

/// What the run had cost at its evaluations of the split.
std::optional<Track> costTrack(const RunData& run, const std::string& cost) {
  const auto parameters = parametersOf(run);
  if (cost == "parameters" && !parameters) return std::nullopt;
  Track track;
  for (const auto& evaluation : run.evaluations()) {
    if (evaluation.split != kSplit) continue;
    const auto step = static_cast<double>(evaluation.step);
    track.x.add({step, evaluation.epoch, 0, evaluation.seconds});
    track.y.push_back(cost == "steps"     ? step
                      : cost == "seconds" ? evaluation.seconds
                                          : *parameters);
  }
  return track;
}

std::optional<Track> trackOf(const RunData& run, const ParetoObjective& objective) {
  if (objective.isCost()) return costTrack(run, objective.metric);
  const auto task = taskNamed(run, objective.task);
  const auto* found =
      task ? run.metric(*task, QString::fromStdString(objective.metric), kSplit) : nullptr;
  return found ? std::optional(*found) : std::nullopt;
}

/// The values of all tracks at a step; fewer where one has none, or none that is finite.
/// \param rows where each stands, which go on.
std::vector<double> valuesAt(const std::vector<Track>& tracks, std::vector<std::size_t>& rows,
                             double step) {
  std::vector<double> values;
  for (std::size_t k = 0; k < tracks.size(); ++k) {
    const Column& steps = tracks[k].x.in(XUnit::step);
    while (rows[k] < steps.size() && steps[rows[k]] < step) ++rows[k];
    if (rows[k] >= steps.size() || steps[rows[k]] != step) continue;
    const double value = tracks[k].y[rows[k]++];
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

/// Where a model of a run was measured, as an evaluation of each task.
struct Measured {
  std::int64_t step;
  double seconds;
  const std::vector<std::map<std::string, double>>& tasks;
};

/// What stands on an axis; NaN: nothing.
double valueOn(const RunData& run, const Measured& model, const ParetoObjective& axis) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (axis.isCost() && axis.metric == "steps") return static_cast<double>(model.step);
  if (axis.isCost() && axis.metric == "seconds") return model.seconds;
  if (axis.isCost()) return parametersOf(run).value_or(kNone);
  const auto task = taskNamed(run, axis.task);
  if (!task || static_cast<std::size_t>(*task) >= model.tasks.size()) return kNone;
  const auto& metrics = model.tasks[static_cast<std::size_t>(*task)];
  const auto found = metrics.find(axis.metric);
  return found == metrics.end() ? kNone : found->second;
}

bool hasFront(const train::EvaluationRecord& evaluation) {
  return evaluation.split == kSplit && !evaluation.front.empty();
}

metric::Point trailPointAt(const ParetoTrail& trail, std::size_t row) {
  metric::Point point{trail.x[row], trail.y[row]};
  if (!trail.z.empty()) point.push_back(trail.z[row]);
  return point;
}

double turnedIf(bool turn, double value) {
  return turn ? -value : value;
}

}  // namespace

QString ParetoObjective::text() const {
  return (isCost() ? QCoreApplication::translate("Pareto", "cost") : task) + " · " +
         QString::fromStdString(metric);
}

std::vector<ParetoObjective> paretoObjectives(const RunData& run) {
  std::vector<ParetoObjective> found;
  for (int task = 0; task < run.taskCount(); ++task)
    for (const auto& spec : run.experiment().tasks)
      if (shownName(spec.name) == run.taskName(task) && !spec.metrics.empty())
        offer(found, run, task, spec.metrics.front().id);
  for (const QString& id : run.metricIds())  // the loss first
    for (int task = 0; task < run.taskCount(); ++task) offer(found, run, task, id.toStdString());
  if (found.empty()) return found;
  for (const auto* cost : {"steps", "seconds", "parameters"})
    if (cost != std::string("parameters") || parametersOf(run))
      found.push_back({QString(), cost, false});
  return found;
}

ParetoTrail paretoTrail(const RunData& run, const std::vector<ParetoObjective>& axes) {
  ParetoTrail trail;
  trail.source = &run;
  std::vector<Track> tracks;
  for (const auto& axis : axes) {
    auto track = trackOf(run, axis);
    if (!track) return trail;
    tracks.push_back(std::move(*track));
  }
  std::vector<std::size_t> rows(tracks.size(), 0);
  Column* const columns[]{&trail.x, &trail.y, &trail.z};
  for (const double step : tracks[0].x.in(XUnit::step)) {
    const auto values = valuesAt(tracks, rows, step);
    if (values.size() < tracks.size()) {
      ++trail.missing;
      continue;
    }
    trail.steps.push_back(static_cast<std::int64_t>(step));
    for (std::size_t k = 0; k < values.size(); ++k) columns[k]->push_back(values[k]);
  }
  return trail;
}

std::vector<ParetoTrail> frontTrails(const RunData& run, const std::vector<ParetoObjective>& axes) {
  std::vector<ParetoTrail> fronts;
  for (const auto& evaluation : run.evaluations()) {
    if (!hasFront(evaluation)) continue;
    ParetoTrail& front = fronts.emplace_back();
    front.source = &run;
    for (const auto& point : evaluation.front) {
      metric::Point values;
      for (const auto& axis : axes)
        values.push_back(valueOn(run, {evaluation.step, evaluation.seconds, point.tasks}, axis));
      if (!std::all_of(values.begin(), values.end(),
                       [](double one) { return std::isfinite(one); })) {
        ++front.missing;
        continue;
      }
      front.steps.push_back(evaluation.step);
      front.preferences.push_back(point.preference);
      front.x.push_back(values[0]);
      front.y.push_back(values[1]);
      if (values.size() > 2) front.z.push_back(values[2]);
    }
    if (front.size() == 0) fronts.pop_back();
  }
  return fronts;
}

std::size_t frontAt(const std::vector<ParetoTrail>& fronts, std::optional<double> place,
                    XUnit unit) {
  std::size_t found = place ? 0 : fronts.size() - 1;
  for (std::size_t i = 0; place && i < fronts.size(); ++i) {
    const auto& front = fronts[i];
    if (front.source->xAt(front.steps.front(), unit) <= *place) found = i;
  }
  return found;
}

std::int64_t frontStepAt(const RunData& run, std::optional<double> place, XUnit unit) {
  std::int64_t found = -1;
  for (const auto& evaluation : run.evaluations())
    if (hasFront(evaluation) && (found < 0 || !place || run.xAt(evaluation.step, unit) <= *place))
      found = evaluation.step;
  return found;
}

double valueOfModel(const RunData& run, const train::FrontLook& look, const ParetoObjective& axis) {
  return valueOn(run, {look.step, std::numeric_limits<double>::quiet_NaN(), look.tasks}, axis);
}

Column preferencesFor(const ParetoTrail& front, int task) {
  Column values;
  for (const auto& preference : front.preferences)
    values.push_back(preference[static_cast<std::size_t>(task)]);
  return values;
}

std::vector<AttainedSurface> attainedSurfaces(const std::vector<ParetoTrail>& trails,
                                              const ParetoObjective& x, const ParetoObjective& y) {
  struct Members {
    metric::Points points;
    std::vector<std::int64_t> runs;
    std::int64_t size = 0;
    int colour = 0;
  };
  std::map<int, Members> groups;
  for (const ParetoTrail& trail : trails) {
    if (trail.group < 0 || trail.size() == 0) continue;
    auto& group = groups[trail.group];
    if (group.size++ == 0) group.colour = trail.colour;
    for (std::size_t i = 0; i < trail.size(); ++i) {
      group.points.push_back({turnedIf(x.maximise, trail.x[i]), turnedIf(y.maximise, trail.y[i])});
      group.runs.push_back(group.size);
    }
  }
  std::vector<AttainedSurface> surfaces;
  for (const auto& [number, group] : groups) {
    if (group.size < 2) continue;
    for (const double level : {0.25, 0.5, 0.75}) {
      auto corners = metric::attainmentSurface(group.points, group.runs, level);
      for (auto& corner : corners)
        corner = {turnedIf(x.maximise, corner[0]), turnedIf(y.maximise, corner[1])};
      surfaces.push_back({number, group.colour, level, std::move(corners)});
    }
  }
  return surfaces;
}

metric::FrontAnswer analyse(const std::vector<ParetoTrail>& trails,
                            const std::vector<ParetoObjective>& axes,
                            const std::optional<metric::Point>& reference) {
  metric::FrontQuestion question;
  for (const ParetoTrail& trail : trails)
    for (std::size_t i = 0; i < trail.size(); ++i)
      question.points.push_back(trailPointAt(trail, i));
  for (const auto& axis : axes) question.maximise.push_back(axis.maximise);
  question.reference = reference;
  metric::FrontOptions options;
  options.monteCarlo = axes.size() > 2 && question.points.size() > kExactPoints;
  return metric::analyseFront(question, options);
}

VolumeTrack volumeTrack(const std::vector<ParetoTrail>& trails,
                        const std::vector<ParetoObjective>& axes, const metric::Point& reference) {
  const auto minimised = [&axes](metric::Point point) {
    for (std::size_t k = 0; k < point.size(); ++k) point[k] = turnedIf(axes[k].maximise, point[k]);
    return point;
  };
  metric::Points points;
  std::vector<std::int64_t> steps;
  for (const ParetoTrail& trail : trails)
    for (std::size_t i = 0; i < trail.size(); ++i) {
      points.push_back(minimised(trailPointAt(trail, i)));
      steps.push_back(trail.steps[i]);
    }
  VolumeTrack track;
  for (const auto& at : metric::volumeHistory(points, steps, minimised(reference))) {
    track.steps.push_back(static_cast<double>(at.step));
    track.volumes.push_back(at.volume);
  }
  return track;
}

metric::Points paretoStairs(const metric::FrontAnswer& answer, const ParetoObjective& x,
                            const ParetoObjective& y) {
  if (answer.reference.empty()) return {};
  const double right = turnedIf(x.maximise, answer.reference[0]);
  double height = turnedIf(y.maximise, answer.reference[1]);
  metric::Points front;
  for (const std::size_t i : answer.nonDominated) {
    const metric::Point point{turnedIf(x.maximise, answer.points[i][0]),
                              turnedIf(y.maximise, answer.points[i][1])};
    if (point[0] < right && point[1] < height) front.push_back(point);
  }
  if (front.empty()) return {};
  std::sort(front.begin(), front.end());
  metric::Points corners;
  for (const auto& point : front) {
    corners.push_back({point[0], height});
    corners.push_back(point);
    height = point[1];
  }
  corners.push_back({right, height});
  for (auto& corner : corners)
    corner = {turnedIf(x.maximise, corner[0]), turnedIf(y.maximise, corner[1])};
  return corners;
}

}  // namespace eq::widgets
