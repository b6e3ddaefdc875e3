#pragma once

#include <cstdint>
#include <vector>

namespace eq::metric {

/// The standard normal distribution function, and its inverse for shares in (0, 1).
double normalShare(double z);
double normalQuantile(double share);

/// The quantile of Student's t. \param share in [0.5, 1). \pre freedom >= 1.
double studentQuantile(double share, std::int64_t freedom);

/// The quantile of sorted values, linear between neighbours. \pre not empty, share in [0, 1].
double quantile(const std::vector<double>& sorted, double share);

}  // namespace eq::metric
