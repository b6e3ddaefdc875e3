#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// Centroids of 1,024 of these examples (or all, where there are fewer) by 20 sweeps of Lloyd's
/// k-means from examples drawn by the seed; one that no example is nearest to stays where it is.
/// \param inputs [n, ...]. \pre there are at least so many examples.
/// \returns [clusters, numbers of an example] in float32 on the CPU.
at::Tensor centroidsOf(const at::Tensor& inputs, std::int64_t clusters, std::uint64_t seed);

/// Cosines of flat examples with centroids, [N, clusters]; 0 with a vector of zeros.
at::Tensor cosinesWith(const at::Tensor& centroids, const at::Tensor& examples);

}  // namespace eq::model
