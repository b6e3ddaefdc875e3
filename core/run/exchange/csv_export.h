#pragma once

#include <string>

#include "core/run/run_folder.h"

namespace eq::run {

/// The series of a run as W&B's history of a run has them: a row a step, _step, _runtime,
/// _timestamp, and a column a series.
std::string seriesAsWandbCsv(const RunReader& run);

/// As Aim's long table: a row a value, with run.hash, run.name, metric.name, context, step, value.
std::string seriesAsAimCsv(const RunReader& run);

}  // namespace eq::run
