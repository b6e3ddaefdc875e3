#pragma once

#include <vector>

namespace eq::metric {

/// Ranks from 1 for the smallest; equal values share the mean of their ranks. \pre no NaN.
std::vector<double> averageRanks(const std::vector<double>& values);

/// Pearson's correlation; NaN where one side is constant or shorter than two.
double correlation(const std::vector<double>& a, const std::vector<double>& b);

/// Kendall's τ-b of the values with their positions; NaN where all are equal. \pre no NaN.
double kendallWithStep(const std::vector<double>& values);

}  // namespace eq::metric
