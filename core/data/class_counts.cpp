#include "core/data/class_counts.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>

#include "core/data/problem.h"

namespace eq::data {

std::vector<std::int64_t> classCounts(const Problem& problem, size_t task) {
  const auto& info = problem.tasks.at(task);
  if (!hasClasses(info.kind) && info.kind != TaskKind::segmentation) return {};
  const auto& target = problem.train.targets.at(task);
  if (!target.defined()) return {};
  const auto& mask = problem.train.masks.empty() ? at::Tensor() : problem.train.masks.at(task);
  auto classes = target.to(at::kCPU, at::kLong).reshape(-1);
  if (mask.defined()) classes = classes.masked_select(mask.to(at::kCPU).reshape(-1) != 0);
  classes = classes.masked_select(classes >= 0);
  const auto count = std::max<std::int64_t>(info.width, 2);
  const auto counts = at::bincount(classes, {}, count).contiguous();
  const auto* begin = counts.const_data_ptr<std::int64_t>();
  return {begin, begin + counts.numel()};
}

}  // namespace eq::data
