#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::gradient {

/// A Bᵀ of two [K, P], in double. Blocks of 4,096 columns are multiplied in the type of the numbers
/// and summed in double: one product over 262,144 columns of float32 is wrong by 1e-6, enough to
/// turn a rank; this by 2e-8, in a tenth of the time of a product in double.
at::Tensor blockProducts(const at::Tensor& a, const at::Tensor& b);

/// The diagonal of that alone, [K].
at::Tensor rowProducts(const at::Tensor& a, const at::Tensor& b);

// Of some of K losses, `which` in order, and of all.

/// The entries [1, k] of a row [1, K].
at::Tensor entriesOf(const at::Tensor& row, const std::vector<std::int64_t>& which);
/// Products of some with some as those of all with all, [K, K'] = `shape`; 0 elsewhere.
at::Tensor spread(const at::Tensor& products, const std::vector<std::int64_t>& rows,
                  const std::vector<std::int64_t>& columns, at::IntArrayRef shape);
/// Rows of some, [k, ...], as those of all, [K, ...]; 0 elsewhere.
at::Tensor spreadRows(const at::Tensor& rows, const std::vector<std::int64_t>& which,
                      std::int64_t all);

/// (G + Gᵀ)/2: the two factors of a product are rounded unlike each other.
at::Tensor symmetrised(const at::Tensor& gramian);

}  // namespace eq::gradient
