#pragma once

#include <vector>

#include <Eigen/Core>

#include "core/train/scheme_tables.h"

namespace eq::train {

/// Divides tasks in a row into so many clusters of neighbours, as the affinities in each are
/// highest: those of its members with the task in its middle (the lower of two).
/// \return [clusters] the first task of each, ascending. \pre 1 <= clusters <= tasks.
std::vector<Eigen::Index> intervalClusters(const Eigen::MatrixXd& affinity, Eigen::Index clusters);

SchemeRow intervalClusteringRow();

}  // namespace eq::train
