#include "core/gradient/products.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
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

}  // namespace

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
