#include "core/model/layer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

namespace eq::model {

void Stack::add(Stack other) {
  if (!gradients.defined() || losses == other.losses) {
    other.gradients = gradients.defined() ? gradients + other.gradients : other.gradients;
    *this = std::move(other);
    return;
  }
  Stack sum;
  std::set_union(losses.begin(), losses.end(), other.losses.begin(), other.losses.end(),
                 std::back_inserter(sum.losses));
  auto shape = gradients.sizes().vec();
  shape[0] = std::ssize(sum.losses);
  sum.gradients = at::zeros(shape, gradients.options());
  for (const auto* part : {static_cast<const Stack*>(this), static_cast<const Stack*>(&other)})
    for (size_t i = 0; i < part->losses.size(); ++i) {
      const auto place = std::lower_bound(sum.losses.begin(), sum.losses.end(), part->losses[i]);
      sum.gradients[place - sum.losses.begin()].add_(part->gradients[static_cast<std::int64_t>(i)]);
    }
  *this = std::move(sum);
}

at::Tensor forwardTraced(const Layer& layer, const at::Tensor& input,
                         const ParameterBuffer& parameters, const Pass& pass, Tape* tape) {
  if (!tape) return layer.forward(input, parameters, pass, nullptr);
  Trace trace{&layer};
  auto output = layer.forward(input, parameters, pass, &trace);
  trace.elements = std::max(trace.elements, output.numel());
  tape->push_back(std::move(trace));
  return output;
}

Tape* innerTape(Tape* tape) {
  if (!tape) return nullptr;
  tape->emplace_back();
  tape->back().inner.resize(1);
  return &tape->back().inner[0];
}

at::Tensor Sequence::forward(at::Tensor input, const ParameterBuffer& parameters, const Pass& pass,
                             Tape* tape) const {
  for (const auto& layer : layers_) input = forwardTraced(*layer, input, parameters, pass, tape);
  return input;
}

at::Tensor Sequence::back(const Tape& tape, at::Tensor outputs, const Descent& descent,
                          bool further) const {
  size_t lowest = 0;
  while (lowest < tape.size() && tape[lowest].layer->parameters().empty()) ++lowest;
  for (size_t i = tape.size(); i-- > 0;) {
    if (!further && i < lowest) return {};
    outputs = tape[i].layer->back(tape[i], outputs, descent, further || i > lowest);
  }
  return outputs;
}

std::vector<size_t> Sequence::parameters() const {
  std::vector<size_t> all;
  for (const auto& layer : layers_)
    for (const auto index : layer->parameters()) all.push_back(index);
  return all;
}

}  // namespace eq::model
