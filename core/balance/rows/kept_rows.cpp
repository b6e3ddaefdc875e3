#include "core/balance/rows/kept_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace eq::balance {

at::Tensor KeptRows::of(const std::vector<Eigen::Index>& tasks, const at::Tensor& like) {
  auto shape = like.sizes().vec();
  shape.insert(shape.begin(), tasks_);
  if (!values_.defined()) values_ = at::zeros(shape, like.options());
  return std::ssize(tasks) == tasks_ ? values_ : values_.index_select(0, places(tasks));
}

void KeptRows::put(const std::vector<Eigen::Index>& tasks, const at::Tensor& values,
                   const at::Tensor& finite) {
  const auto next = at::where(finite, values, of(tasks, values[0]));
  if (std::ssize(tasks) == tasks_)
    values_ = next;
  else
    values_ = values_.index_copy(0, places(tasks), next);
}

at::Tensor KeptRows::places(const std::vector<Eigen::Index>& tasks) const {
  const std::vector<std::int64_t> indices(tasks.begin(), tasks.end());
  return at::tensor(indices, at::kLong).to(values_.device());
}

at::Tensor found(const std::map<std::string, at::Tensor>& tensors, const std::string& name) {
  const auto entry = tensors.find(name);
  return entry == tensors.end() ? at::Tensor() : entry->second;
}

}  // namespace eq::balance
