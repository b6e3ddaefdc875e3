#include "core/balance/row_method.h"

#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"

namespace eq::balance {

using Eigen::VectorXd;

RowMethod::RowMethod(const Parameters& parameters, const Setting& setting, Scale scale)
    : MaskedBalancer(parameters, setting, scale) {
  if (weightsHeads())
    fail("{}.weight_heads: the method has a direction and no weights, so that it must be false",
         setting.path);
  if (const auto part = parameters.text("granularity"); part != "whole")
    fail(
        "{}.granularity: the method works element by element on the rows of all shared parameters, "
        "it must be \"whole\", found \"{}\"",
        setting.path, part);
}

Needs RowMethod::needs() const {
  return {.rows = true};
}

at::Tensor RowMethod::direction(const at::Tensor& rows, const at::Tensor& losses,
                                const std::vector<char>& present) {
  Tasks tasks;
  for (Eigen::Index k = 0; k < taskCount(); ++k)
    if (present[static_cast<size_t>(k)]) tasks.push_back(k);
  if (tasks.empty()) return rows.sum(0);  // of zeros
  at::Tensor chosen = rows, of = losses.to(rows.scalar_type());
  if (std::ssize(tasks) < taskCount()) {
    const std::vector<std::int64_t> places(tasks.begin(), tasks.end());
    const auto indices = at::tensor(places, at::kLong).to(rows.device());
    chosen = rows.index_select(0, indices);
    of = of.index_select(0, indices);
  }
  const auto finite = chosen.abs().amax().isfinite();
  const auto found = combine({chosen, of, finite, tasks}) * rescaling(std::ssize(tasks));
  return at::where(finite, found, std::numeric_limits<double>::quiet_NaN()).to(rows.scalar_type());
}

VectorXd RowMethod::headFactors(const VectorXd&, const std::vector<char>& present) {
  return VectorXd::Ones(std::ssize(present));
}

std::map<std::string, at::Tensor> RowMethod::tensors() const {
  return {};
}

void RowMethod::restoreTensors(const std::map<std::string, at::Tensor>&) {}

VectorXd RowMethod::weighTasks(const Inputs&, const Tasks& tasks) {
  return VectorXd::Constant(std::ssize(tasks), std::numeric_limits<double>::quiet_NaN());
}

std::vector<ParameterSpec> withRowCommon(std::vector<ParameterSpec> own, Scale scale) {
  auto all = withCommon(std::move(own), scale, false);
  all.push_back(ParameterSpec::choice("granularity", "whole", {"whole", "layer", "tensor"},
                                      "Only whole: the rows are those of all shared parameters"));
  return all;
}

}  // namespace eq::balance
