#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/run/exchange/imported_run.h"

namespace eq::run {

/// The runs in a folder of TensorBoard's: every folder below it that holds event files is one, by
/// its path. \throws Error when there is none, or a file is damaged.
std::vector<ImportedRun> importTensorBoard(const std::filesystem::path& folder);

/// The runs in a table of scalars, by its columns:
///   Step | _step | step, and `RUN - METRIC` columns       W&B's export of a chart; those of
///                                                         __MIN and __MAX are passed over
///   _step, _timestamp, and a column a metric              W&B's history of one run
///   run.hash, metric.name, context, step, value           Aim's long table; run.name if there
///   step, and columns as `export --series csv` has them   this program's
/// \throws Error when it is none of them, or a cell is no number, naming line and column.
std::vector<ImportedRun> importCsv(const std::filesystem::path& file);

/// The trials of an Optuna study's SQLite file, a run each: parameters are its fields, intermediate
/// values and the final ones of the objectives its series. \throws Error when the schema is none
/// that is known (version 12), or the file cannot be read.
std::vector<ImportedRun> importOptuna(const std::filesystem::path& file);

/// A folder as importTensorBoard, a SQLite file as importOptuna, another file as importCsv.
std::vector<ImportedRun> importRuns(const std::filesystem::path& place);

}  // namespace eq::run
