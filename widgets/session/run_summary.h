#pragma once

#include <QString>

#include "core/metric/interval.h"
#include "core/run/run_folder.h"

namespace eq::widgets {

/// What a run came to, as rich text: its newest values of validation and test with their intervals,
/// its message, its folder. Reads the folder; of one that cannot be read, the folder's name alone.
QString runSummary(const run::RunInfo& run);

/// How an interval was made: "95 % bootstrap over examples, 200 resamples".
QString bootstrapText(const metric::Interval& interval);

}  // namespace eq::widgets
