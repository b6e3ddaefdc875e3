#include "core/model/layer.h"

#include <algorithm>

namespace eq::model {

at::Tensor forwardTraced(const Layer& layer, const at::Tensor& input,
                         const ParameterBuffer& parameters, const Pass& pass, Tape* tape) {
  if (!tape) return layer.forward(input, parameters, pass, nullptr);
  Trace trace{&layer};
  auto output = layer.forward(input, parameters, pass, &trace);
  trace.elements = std::max(trace.elements, output.numel());
  tape->push_back(std::move(trace));
  return output;
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
