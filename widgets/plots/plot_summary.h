#pragma once

#include <vector>

#include <QString>

#include "widgets/plots/plot_panel.h"

namespace eq::widgets {

/// Curves in words, a sentence each: first, last and least and greatest values with their places,
/// and where the curve goes: the mean of its last quarter against the quarter before, "level" where
/// they differ by less than 2 % of its range, nothing said of fewer than eight points.
QString summaryOf(const std::vector<Series>& series);

/// Gives every plot of a PlotPanel a description that is made when a screen reader asks for it.
void describePlotsToScreenReaders();

}  // namespace eq::widgets
