#include "core/train/front_update.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/train/step_measurement.h"

namespace eq::train {

metric::Point onHost(const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kDouble).contiguous();
  const auto* first = host.const_data_ptr<double>();
  return {first, first + host.numel()};
}

metric::Points rowsOnHost(const at::Tensor& values) {
  const auto all = onHost(values);
  metric::Points rows;
  for (auto next = all.begin(); next != all.end(); next += values.size(1))
    rows.emplace_back(next, next + values.size(1));
  return rows;
}

BatchPass meanOf(const std::vector<BatchPass>& passes) {
  const auto mean = [&](const auto& of) {
    std::vector<at::Tensor> all;
    for (const auto& pass : passes) all.push_back(of(pass).detach());
    return at::stack(all).mean(0);
  };
  const auto& first = passes.front();
  BatchPass shown;
  shown.active = first.active;
  shown.seen = first.seen;
  shown.losses = mean([](const BatchPass& pass) { return pass.losses; });
  shown.terms.resize(first.terms.size());
  for (size_t k = 0; k < first.terms.size(); ++k)
    for (size_t i = 0; i < first.terms[k].size(); ++i)
      shown.terms[k].push_back(mean([&](const BatchPass& pass) { return pass.terms[k][i]; }));
  return shown;
}

std::optional<PendingConflict> conflictAt(RunParts& parts, BatchPass& pass,
                                          const std::vector<double>& weights) {
  balance::Weights taken;
  taken.weights = Eigen::Map<const Eigen::VectorXd>(weights.data(), std::ssize(weights));
  taken.heads = taken.weights;
  return StepMeasurement(parts, pass, nullptr).conflict(taken, {});
}

}  // namespace eq::train
