#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/arrays/array_keys.h"
#include "core/data/arrays/array_rows.h"
#include "core/data/input_scale.h"

namespace eq::data {

/// Arrays turned into numbers for a network.
struct ArrayInputs {
  at::Tensor rows;                  ///< [N, shape...] float32, in the order of RowPlaces
  std::vector<std::int64_t> shape;  ///< {features} or {channels, height, width}
  std::vector<InputScale> scales;   ///< one a feature, or one of all pixels
};

/// One array is features ([N], [N, F]) or images ([N, H, W], [N, C, H, W], [N, H, W, C]); several
/// are features side by side. With keys.standard they become (x - mean) / deviation of the training
/// rows; a missing number (NaN) becomes the training mean.
/// \param warnings say what each array was taken for.
/// \throws Error that names array and element.
ArrayInputs encodeArrays(const std::vector<const ExampleArray*>& arrays, const ArrayKeys& keys,
                         const RowPlaces& rows, RowHashes& hashes, std::vector<Warning>& warnings);

}  // namespace eq::data
