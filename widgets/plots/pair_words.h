#pragma once

#include <QString>

#include "widgets/plots/plot_line.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

// What is measured of pairs of tasks, for titles, axes and tips.

QString quantityTitle(PairQuantity quantity);     ///< of a plot: "Angles"
QString quantityAxisText(PairQuantity quantity);  ///< "Angle (degrees)"
/// All values that there can be.
PlotLine::Extent quantityExtent(PairQuantity quantity);

/// Everything that one sample says of a pair, a line each.
QString pairTip(const RunData& run, const ConflictTrack& track, std::size_t sample, int pair);

}  // namespace eq::widgets
