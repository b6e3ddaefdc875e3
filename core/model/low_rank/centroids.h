#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// How many of some examples centroids are found in: all, or 1,024 where there are more.
std::int64_t clusteredOf(const at::Tensor& inputs);

/// Centroids of `clusteredOf` of these examples by 20 sweeps of Lloyd's k-means from examples drawn
/// by the seed; one that no example is nearest to stays where it is.
/// \param inputs [n, ...]. \pre no more clusters than `clusteredOf`.
/// \returns [clusters, numbers of an example] in float32 on the CPU.
at::Tensor centroidsOf(const at::Tensor& inputs, std::int64_t clusters, std::uint64_t seed);

/// Cosines of flat examples with centroids, [N, clusters]; 0 with a vector of zeros.
at::Tensor cosinesWith(const at::Tensor& centroids, const at::Tensor& examples);

}  // namespace eq::model
