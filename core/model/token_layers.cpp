#include "core/model/token_layers.h"

#include <ATen/TensorOperators.h>

namespace eq::model {
namespace {

/// The shape of a stack of K tensors of this one's shape.
std::vector<std::int64_t> stacked(const at::Tensor& one, std::int64_t tasks) {
  auto shape = one.sizes().vec();
  shape.insert(shape.begin(), tasks);
  return shape;
}

}  // namespace

at::Tensor Patches::forward(const at::Tensor& input, const ParameterBuffer&, const Pass&,
                            Trace* trace) const {
  if (trace) trace->kept = {input.detach()};
  const auto channels = input.size(1), rows = input.size(2) / side_,
             columns = input.size(3) / side_;
  return input.view({-1, channels, rows, side_, columns, side_})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({-1, rows * columns, channels * side_ * side_});
}

at::Tensor Patches::back(const Trace& trace, const at::Tensor& outputs, const Descent&,
                         bool further) const {
  if (!further) return {};
  const auto& input = trace.kept[0];
  const auto channels = input.size(1), rows = input.size(2) / side_,
             columns = input.size(3) / side_;
  return outputs.view({outputs.size(0), -1, rows, columns, channels, side_, side_})
      .permute({0, 1, 4, 2, 5, 3, 6})
      .reshape(stacked(input, outputs.size(0)));
}

at::Tensor Columns::forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass&,
                            Trace* trace) const {
  if (trace) trace->kept = {input.detach()};
  return input.unsqueeze(2) * parameters.tensor(weight_) + parameters.tensor(bias_);
}

at::Tensor Columns::back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                         bool further) const {
  descent.sink.formed(weight_, (outputs * trace.kept[0].unsqueeze(2)).sum(1));
  descent.sink.formed(bias_, outputs.sum(1));
  if (!further) return {};
  return (outputs * descent.parameters.tensor(weight_).detach()).sum(-1);
}

at::Tensor Positions::forward(const at::Tensor& input, const ParameterBuffer& parameters,
                              const Pass&, Trace*) const {
  return input + parameters.tensor(table_);
}

at::Tensor Positions::back(const Trace&, const at::Tensor& outputs, const Descent& descent,
                           bool) const {
  descent.sink.formed(table_, outputs.sum(1));
  return outputs;
}

at::Tensor Mean::forward(const at::Tensor& input, const ParameterBuffer&, const Pass&,
                         Trace* trace) const {
  if (trace) trace->kept = {input.detach()};
  return featuresLast_ ? input.flatten(1, -2).mean(1) : input.flatten(2).mean(2);
}

at::Tensor Mean::back(const Trace& trace, const at::Tensor& outputs, const Descent&,
                      bool further) const {
  if (!further) return {};
  const auto& input = trace.kept[0];
  const auto places = input.numel() / (outputs.size(1) * outputs.size(2));
  auto shares = outputs / static_cast<double>(places);
  while (shares.dim() <= input.dim()) shares = shares.unsqueeze(featuresLast_ ? 2 : -1);
  return shares.expand(stacked(input, outputs.size(0))).contiguous();
}

}  // namespace eq::model
