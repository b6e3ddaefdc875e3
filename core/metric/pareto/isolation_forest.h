#pragma once

#include <cstdint>

#include "core/metric/points.h"

namespace eq::metric {

/// Parameters of an isolation forest.
struct IsolationOptions {
  std::int64_t trees = 100;
  std::int64_t sample = 256;  ///< points that a tree is grown from, or all where there are fewer
  std::uint64_t seed = 0;
};

/// How anomalous each point is, in (0, 1): 2^(−E[h]/c(ψ)), h the number of splits that part the
/// point from others in trees of random splits, c(ψ) the mean of an unsuccessful search in a search
/// tree of ψ points; about 0.5 where nothing stands out. A split takes a coordinate in which the
/// points of its place differ. Liu, Ting and Zhou, Isolation Forest, ICDM 2008.
/// \param points [n][d]. \pre n >= 1.
Point isolationScores(const Points& points, const IsolationOptions& options);

}  // namespace eq::metric
