#include "core/balance/gradient/gradient_method.h"

#include "core/base/gramian.h"

#include <algorithm>
#include <utility>

namespace eq::balance {

using Eigen::Index;
using Eigen::VectorXd;

GradientMethod::GradientMethod(const Parameters& parameters, const Setting& setting, Scale scale,
                               bool representation)
    : MaskedBalancer(parameters, setting, scale), representation_(representation) {}

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
  Rows rows{(kept + kept.transpose()) / 2, {}, tasks};
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

ParameterSpec preferenceSpec() {
  return ParameterSpec::numberList("preference", nullptr,
                                   "How much each task counts, used as given; null: 1/K each")
      .from(0)
      .orNull();
}

Preference::Preference(const Parameters& parameters, const Setting& setting) {
  if (!parameters.isNull("preference")) given_ = perTask(parameters, "preference", setting);
}

VectorXd Preference::of(const std::vector<Index>& tasks) const {
  if (given_.size() > 0) return pick(given_, tasks);
  return VectorXd::Constant(std::ssize(tasks), 1.0 / static_cast<double>(tasks.size()));
}

}  // namespace eq::balance
