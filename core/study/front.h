#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/metric/points.h"
#include "core/train/records.h"

namespace eq::study {

/// Which end points of runs are asked for.
struct FrontRequest {
  std::vector<std::filesystem::path> runs = {};  ///< a folder that holds runs stands for them
  train::SplitName split = train::SplitName::validation;
  bool losses = false;                                    ///< instead of each task's first metric
  std::optional<std::int64_t> step = std::nullopt;        ///< nothing: of the last checkpoint
  std::optional<metric::Point> reference = std::nullopt;  ///< [tasks] of the hypervolume
  /// Of the front of a run that trains one; nothing: 11 of two tasks, else 66.
  std::optional<std::int64_t> points = std::nullopt;
};

/// One objective: a value of one task, or what the whole model costs, which has no task.
struct FrontAxis {
  std::string task, metric;
  bool maximise = false;  ///< as the metric's descriptor says
  bool operator==(const FrontAxis&) const = default;
};

/// The end points of runs in their tasks' values, or the front of one run that trains a front.
struct RunFront {
  std::vector<std::filesystem::path> runs;
  std::string method = {};          ///< of the slot "pareto"; empty: the points are of runs
  metric::Points preferences = {};  ///< [points][axes] of such a front
  std::vector<std::int64_t> steps;  ///< [runs] of the evaluations that the points are
  train::SplitName split = train::SplitName::validation;
  std::vector<FrontAxis> axes;
  metric::Points points;  ///< [runs], or those of the front, [axes]; NaN where it is not recorded
  /// [points][axes] Of a method that draws further models of a preference, the best value of each
  /// axis among them, and their mean; NaN where one of them has none; else empty.
  metric::Points bestOfSamples = {}, meanOfSamples = {};
  std::vector<std::int64_t> groups;  ///< [runs] the same for runs that differ in the seed alone
  std::set<std::string> mixed;  ///< tasks whose axis is the loss, which is not the same in all runs
  std::vector<std::string> remarks;  ///< whose points are not those of their last checkpoints
};

/// \param tasks metrics of each, by id. \returns NaN where there is none.
metric::Point pointOf(const std::vector<std::map<std::string, double>>& tasks,
                      const std::vector<FrontAxis>& axes);

/// The front of a single run that trains one is measured at its checkpoint; all else is recorded.
/// \throws Error for a folder without runs, a run named twice, runs of other tasks or metrics than
/// the first, and a run without an evaluation of the split at the step that was asked for.
RunFront readFront(const FrontRequest& request);

/// What `equipoise-cli front` prints: the front, and the figures of its points, to the reference of
/// the request. Attainment surfaces are those of the groups, of several runs with two tasks.
nlohmann::json describeFront(const RunFront& front, const std::optional<metric::Point>& reference);

/// Of each axis on which one run is so far behind the others that a reference made from all points,
/// as the default one is, has a hypervolume that says little about the rest.
std::vector<std::string> remarksOnSpread(const RunFront& front);

}  // namespace eq::study
