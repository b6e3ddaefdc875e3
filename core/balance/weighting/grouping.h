#pragma once

#include <cstdint>

#include <Eigen/Core>

namespace eq::balance {

/// Each value replaced by the mean of its group, where the values are cut into at most `groups`
/// groups with the least sum of squared distances from the means: k-means in one dimension, exact
/// by dynamic programming over the sorted values. \pre groups >= 1.
Eigen::VectorXd groupMeans(const Eigen::VectorXd& values, std::int64_t groups);

}  // namespace eq::balance
