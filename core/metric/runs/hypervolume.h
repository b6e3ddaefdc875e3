#pragma once

#include <vector>

namespace eq::metric {

/// Volume that the points dominate (minimised) up to the reference, exact in any number of
/// objectives. Points that are not below the reference in every objective add nothing.
double hypervolume(std::vector<std::vector<double>> points, const std::vector<double>& reference);

}  // namespace eq::metric
