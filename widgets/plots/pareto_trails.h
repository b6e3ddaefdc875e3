#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <QString>

#include "core/metric/pareto/analysis.h"
#include "core/train/front_look.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

/// A value of one task, or what a run costs, that can be an axis.
struct ParetoObjective {
  QString task;        ///< as it is shown; the same task in every run; empty: a cost
  std::string metric;  ///< of a cost "steps", "seconds" or "parameters"
  bool maximise = false;

  QString text() const;  ///< "left · accuracy", "cost · seconds"
  bool isCost() const { return task.isEmpty(); }
  bool operator==(const ParetoObjective&) const = default;
};

/// Those that the validation split has: each task's main metric, then the tasks' losses, then all
/// other metrics, then costs. Parameters are those that a run noted when it began.
std::vector<ParetoObjective> paretoObjectives(const RunData& run);

/// Where a run was at its evaluations of the validation split, in order, as far as both values are
/// finite; or the front that one of them found.
struct ParetoTrail {
  QString run;
  std::filesystem::path folder = {};  ///< empty: it is not recorded yet
  const RunData* source = nullptr;
  int colour = 0;  ///< index for taskColour()
  int group = -1;  ///< of runs that count as one; -1: none
  std::vector<std::int64_t> steps;
  Column x, y;
  Column z = {};                    ///< where a third value was chosen; else empty
  std::size_t missing = 0;          ///< evaluations that lack a value, or whose value is not finite
  metric::Points preferences = {};  ///< [row][K] of a front, whose points are of one step

  std::size_t size() const { return steps.size(); }
  bool isFront() const { return !preferences.empty(); }
};
/// \param axes two or three.
ParetoTrail paretoTrail(const RunData& run, const std::vector<ParetoObjective>& axes);

/// The fronts of a run that trains one, a trail an evaluation, in order; empty of any other.
/// \param axes two or three.
std::vector<ParetoTrail> frontTrails(const RunData& run, const std::vector<ParetoObjective>& axes);
/// Which of them is that of a place on the axis: the last one up to it, else the first; without a
/// place the last. \pre not empty.
std::size_t frontAt(const std::vector<ParetoTrail>& fronts, std::optional<double> place,
                    XUnit unit);
/// The same by its step, whatever the axes; -1: the run has no front.
std::int64_t frontStepAt(const RunData& run, std::optional<double> place, XUnit unit);
/// What a model of the run has on an axis; NaN: nothing.
double valueOfModel(const RunData& run, const train::FrontLook& look, const ParetoObjective& axis);
/// [row] How much a task counts in a front.
Column preferencesFor(const ParetoTrail& front, int task);

/// What of the groups' runs attain: corners of staircases, in the user's direction.
struct AttainedSurface {
  int group = 0;
  int colour = 0;      ///< of its first run
  double level = 0.5;  ///< share of the runs that attain it; 0.5: the median front
  metric::Points corners;
};
/// Of the groups of two runs or more.
std::vector<AttainedSurface> attainedSurfaces(const std::vector<ParetoTrail>& trails,
                                              const ParetoObjective& x, const ParetoObjective& y);

/// What the points of all trails come to, one trail after the other. The volume of more than 200
/// points of three values is sampled. \param axes two or three.
metric::FrontAnswer analyse(const std::vector<ParetoTrail>& trails,
                            const std::vector<ParetoObjective>& axes,
                            const std::optional<metric::Point>& reference);

/// How the hypervolume of all trails together grew with the steps, to a reference in the user's
/// direction.
struct VolumeTrack {
  Column steps, volumes;
};
VolumeTrack volumeTrack(const std::vector<ParetoTrail>& trails,
                        const std::vector<ParetoObjective>& axes, const metric::Point& reference);

/// The staircase through the non-dominated points, from the reference's height to its width, as
/// corners in the user's direction; empty where no point is better than the reference on both axes.
metric::Points paretoStairs(const metric::FrontAnswer& answer, const ParetoObjective& x,
                            const ParetoObjective& y);

}  // namespace eq::widgets
