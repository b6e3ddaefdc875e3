#pragma once

#include <vector>

namespace eq::study {

struct ChartPoints {
  std::vector<double> x, y;  ///< y NaN: a gap
};

/// What is drawn of a line: all of few points; of many, in each of 120 stretches of equal count the
/// first, least, greatest and last, and a gap where one is in it. \pre x never falls.
ChartPoints chartPoints(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace eq::study
