#pragma once

#include <QString>

#include "core/run/run_folder.h"

namespace eq::widgets {

/// "running", "paused", "interrupted" for a run that died, and so on. \param elsewhere another
/// process holds it.
QString stateText(run::RunState state, bool elsewhere = false);

/// "stopped at step 12 of 40", "another process trains it: step 12 of 40".
QString progressText(const run::RunInfo& info);

/// "3 min 20 s", "12 s", "2 h 05 min".
QString durationText(double seconds);

/// "1 step", "12,000 steps".
QString stepsText(std::int64_t steps);

}  // namespace eq::widgets
