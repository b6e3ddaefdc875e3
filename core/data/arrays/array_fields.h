#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "core/data/arrays/array_rows.h"

namespace eq::data {

/// A further input of losses, [N], [N, M] or [N, G, M], in the order of RowPlaces: float32; int64
/// for what is counted. \throws Error that names array and element.
at::Tensor encodeArrayField(const ExampleArray& array, const std::string& field,
                            const RowPlaces& rows, RowHashes& hashes);

}  // namespace eq::data
