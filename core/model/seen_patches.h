#pragma once

#include <ATen/core/Tensor.h>

namespace eq::model {

/// All patches that the filters of a convolution see, one a column: [in q q, N places], the places
/// of an example in the order of its map.
/// \param padded [N, in, rows, columns] with what the filters see beyond the edges.
/// \param kernel side q of the filters. \param stride distance of neighbouring patches.
at::Tensor seenPatches(const at::Tensor& padded, std::int64_t kernel, std::int64_t stride);

/// An empty tensor that stands for a shape alone.
at::Tensor shapeOnly(const at::Tensor& like, at::IntArrayRef shape);

}  // namespace eq::model
