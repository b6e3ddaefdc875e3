#pragma once

#include <QString>

#include "core/study/sweep/standing.h"

namespace eq::widgets {

/// "Race: Two digits at once".
QString sweepTitle(const study::SweepStanding& sweep);
/// "running", "paused", "done", ...
QString sweepStateText(const study::SweepStanding& sweep);
/// "3 of 12 done, 1 running, 1 failed".
QString sweepCountsText(const study::SweepStanding& sweep);
/// "about 3 min 20 s"; empty where it is not known.
QString sweepLeftText(const study::SweepStanding& sweep);

/// What a run of a sweep differs in: "optimizer.lr 0.1, seed 3".
QString sweepRunTitle(const study::SweepStanding& sweep, std::size_t run);
/// "waiting", "cancelled", else as the table of runs says it.
QString sweepRunStateText(const study::SweepStanding& sweep, std::size_t run);
/// "step 12 of 40"; empty before it has a folder.
QString stepsOfText(const run::RunInfo& info);

}  // namespace eq::widgets
