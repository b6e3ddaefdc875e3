#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/run_folder.h"

namespace eq::run {

// All series of a run as one table, a row a step. Columns, where T is a task's name (in brackets
// where it is no identifier: validation["50% yield"].loss):
//   step epoch examples seconds learning_rate
//   loss.T weight.T                       raw loss and effective weight
//   term.T.PART                           of losses that have parts
//   term..PENALTY                         of the model
//   norm.T cosine.T1.T2 condition_number sum_norm update_norm source     on sampled steps
//   layer_cosine.LAYER.T1.T2              where each layer is measured alone, too
//   affinity.T1.T2                        what a step for T1 does for T2, where it was looked ahead
//   point.0 point.1 ...                   of analytic problems
//   NAME NAME.T NAME.PLACE NAME.T.PLACE   what the model recorded, on observed steps: gate.left,
//                                         stitch.1; CSV has a column a number, gate.left.0
//   train.T.METRIC validation.T.METRIC test.T.METRIC                     at evaluations
//   front.hypervolume front.reference.T                                  where a front is trained:
//                                         of its losses, to that reference; see train::FrontVolume
// An evaluation stands in the row of its step; step 0 has a row when it was evaluated.

/// With a header line. A cell is empty where nothing was measured, and "nan", "inf" or "-inf" where
/// the number was that. Numbers read back exactly.
std::string seriesAsCsv(const RunReader& run);

/// A JSON list of objects, one a row, without the keys of cells that would be empty; null where the
/// number was not finite. Has besides, at evaluations of tasks with classes:
///   SPLIT.T.confusion     [[...], ...] counts, row = target, column = prediction
///   SPLIT.T.reliability   {"count", "confidence", "accuracy"}: lists over 15 bins of confidence of
///                         equal width; null in empty bins
std::string seriesAsJson(const RunReader& run);

/// One record as the rows above have it, with all of its cells; of an evaluation also `split`.
nlohmann::json rowOf(const train::StepRecord& record, const std::vector<std::string>& tasks);
nlohmann::json rowOf(const train::EvaluationRecord& record, const std::vector<std::string>& tasks);

/// The run's commands with their steps, as `run --commands` reads them.
nlohmann::json commandsAsJson(const RunReader& run);

}  // namespace eq::run
