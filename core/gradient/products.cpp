#include "core/gradient/products.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

namespace eq::gradient {
namespace {

constexpr std::int64_t kColumns = 4096;

/// [blocks, K, 4096] without a copy.
at::Tensor blocksOf(const at::Tensor& rows, std::int64_t blocks) {
  return rows.narrow(1, 0, blocks * kColumns)
      .view({rows.size(0), blocks, kColumns})
      .transpose(0, 1);
}

at::Tensor placesOf(const std::vector<std::int64_t>& which, const at::Tensor& like) {
  return at::tensor(which, at::kLong).to(like.device());
}

}  // namespace

at::Tensor entriesOf(const at::Tensor& row, const std::vector<std::int64_t>& which) {
  return std::ssize(which) == row.size(1) ? row : row.index_select(1, placesOf(which, row));
}

at::Tensor spread(const at::Tensor& products, const std::vector<std::int64_t>& rows,
                  const std::vector<std::int64_t>& columns, at::IntArrayRef shape) {
  if (products.sizes().equals(shape)) return products;
  const auto wide = at::zeros({products.size(0), shape[1]}, products.options())
                        .index_copy(1, placesOf(columns, products), products);
  return spreadRows(wide, rows, shape[0]);
}

at::Tensor spreadRows(const at::Tensor& rows, const std::vector<std::int64_t>& which,
                      std::int64_t all) {
  if (rows.size(0) == all) return rows;
  auto shape = rows.sizes().vec();
  shape[0] = all;
  return at::zeros(shape, rows.options()).index_copy(0, placesOf(which, rows), rows);
}

at::Tensor blockProducts(const at::Tensor& a, const at::Tensor& b) {
  const auto blocks = a.size(1) / kColumns, rest = a.size(1) % kColumns;
  at::Tensor total;
  if (blocks > 0)
    total = at::bmm(blocksOf(a, blocks), blocksOf(b, blocks).transpose(1, 2))
                .sum(0, false, at::kDouble);
  if (rest == 0 && blocks > 0) return total;
  const auto last =
      a.narrow(1, blocks * kColumns, rest).mm(b.narrow(1, blocks * kColumns, rest).t());
  return blocks > 0 ? total + last : last.to(at::kDouble);
}

at::Tensor rowProducts(const at::Tensor& a, const at::Tensor& b) {
  return (a * b).sum(1, false, at::kDouble);
}

at::Tensor symmetrised(const at::Tensor& gramian) {
  return (gramian + gramian.t()) / 2;
}

}  // namespace eq::gradient
