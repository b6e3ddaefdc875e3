#pragma once

#include <string>
#include <vector>

#include "widgets/plots/plot_panel.h"

namespace eq::widgets {

/// A table with a row for every x of any series: "Step,left,right". A field is empty where a series
/// has no point, else `nan`, `inf`, `-inf` or the shortest text that reads back as the same number.
/// Names are quoted as RFC 4180 says. All series count x in the same unit.
std::string csvText(const std::vector<Series>& series);

/// How an axis of pgfplots is set up.
struct PgfAxis {
  QString title;  ///< empty: none
  QString xLabel, yLabel;
  bool logX = false, logY = false;
  bool legend = true;
  double width = 0, height = 0;  ///< mm
};

/// A `tikzpicture` for \input in a document with \usepackage{pgfplots}: all points of every series;
/// where there are many, TeX draws every n-th of them.
std::string pgfplotsText(const std::vector<Series>& series, const PgfAxis& axis);

}  // namespace eq::widgets
