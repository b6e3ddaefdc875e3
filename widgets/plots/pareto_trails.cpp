#include "widgets/plots/pareto_trails.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <QCoreApplication>

#include "core/metric/pareto/attainment.h"
#include "core/run/run_values.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr auto kSplit = train::SplitName::validation;

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

ParetoTrail paretoTrail(const RunData& run, const ParetoObjective& x, const ParetoObjective& y) {
  ParetoTrail trail;
  trail.source = &run;
  const auto across = trackOf(run, x), up = trackOf(run, y);
  if (!across || !up) return trail;
  const Column& steps = across->x.in(XUnit::step);
  const Column& others = up->x.in(XUnit::step);
  std::size_t other = 0;
  for (std::size_t row = 0; row < steps.size(); ++row) {
    while (other < others.size() && others[other] < steps[row]) ++other;
    const bool both = other < others.size() && others[other] == steps[row];
    if (!both || !std::isfinite(across->y[row]) || !std::isfinite(up->y[other])) {
      ++trail.missing;
      continue;
    }
    trail.steps.push_back(static_cast<std::int64_t>(steps[row]));
    trail.x.push_back(across->y[row]);
    trail.y.push_back(up->y[other]);
    ++other;
  }
  return trail;
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

metric::FrontAnswer analyse(const std::vector<ParetoTrail>& trails, const ParetoObjective& x,
                            const ParetoObjective& y,
                            const std::optional<metric::Point>& reference) {
  metric::FrontQuestion question;
  for (const ParetoTrail& trail : trails)
    for (std::size_t i = 0; i < trail.size(); ++i)
      question.points.push_back({trail.x[i], trail.y[i]});
  question.maximise = {x.maximise, y.maximise};
  question.reference = reference;
  return metric::analyseFront(question, {});
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
