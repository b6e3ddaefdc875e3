#include "core/balance/gradient/gradient_method.h"

#include "core/base/gramian.h"

#include <algorithm>
#include <utility>

namespace eq::balance {

using Eigen::Index;
using Eigen::VectorXd;

GradientMethod::GradientMethod(const Parameters& parameters, const Setting& setting, Scale scale,
                               bool representation)
    : MaskedBalancer(parameters, setting, scale),
      representation_(representation),
      rounding_(setting.rounding) {}

Needs GradientMethod::needs() const {
  return {.gramian = true, .representation = representation_};
}

std::vector<Remark> GradientMethod::remarks() const {
  return dropped_;
}

MaskedBalancer::Tasks GradientMethod::participants(const Inputs& inputs, Tasks present) {
  const VectorXd squares = inputs.gramian.diagonal();
  Tasks kept;
  for (const Index row : nonZeroRows(pick(squares, present)))
    kept.push_back(present[static_cast<size_t>(row)]);
  dropped_.clear();
  for (const Index task : present)
    if (!std::binary_search(kept.begin(), kept.end(), task))
      dropped_.push_back({task,
                          "its gradient counts as zero, being 0 or shorter than 1e-12 of all "
                          "gradients', so its weight is 0; a larger weight of its loss, or other "
                          "units of it, changes that unless it is 0"});
  return kept;
}

VectorXd GradientMethod::weighTasks(const Inputs& inputs, const Tasks& tasks) {
  const Eigen::MatrixXd kept = inputs.gramian(tasks, tasks);
  Rows rows{(kept + kept.transpose()) / 2, {}, tasks, rounding_, inputs.preference};
  if (inputs.losses.size() > 0) rows.losses = pick(inputs.losses, tasks);
  return solve(rows);
}

std::vector<ParameterSpec> withGradientCommon(std::vector<ParameterSpec> own, Scale scale,
                                              bool weightHeads) {
  auto all = withCommon(std::move(own), scale, weightHeads);
  all.push_back(
      ParameterSpec::choice("granularity", "whole", {"whole", "layer", "tensor"},
                            "One Gramian of all shared parameters, or one a layer or tensor"));
  return all;
}

}  // namespace eq::balance
