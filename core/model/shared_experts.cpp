#include "core/model/shared_experts.h"

#include <string>
#include <utility>

#include "core/base/random.h"
#include "core/model/mixture.h"

namespace eq::model {

void SharedExperts::addExperts(size_t count, const BaseNetwork& base, LayerFactory& factory,
                               std::uint64_t seed) {
  experts_.resize(count);
  for (size_t e = 0; e < count; ++e) {
    const auto name = "trunk.expert." + std::to_string(e);
    LayerFactory further(parameters_, deriveSeed(seed, name));
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(experts_[e], e == 0 ? factory : further, stage, Block(), name, generator_);
  }
  std::vector<size_t> read(count + 1);  // all experts, and the inputs behind them
  for (size_t i = 0; i < read.size(); ++i) read[i] = i;
  reads_.assign(taskCount(), read);
}

std::vector<at::Tensor> SharedExperts::represent(const at::Tensor& inputs, const Pass& pass) const {
  std::vector<at::Tensor> found;
  for (const auto& expert : experts_)
    found.push_back(expert.forward(inputs, parameters_, pass, innerTape(pass.tape)));
  observeDiversity(pass, found);
  found.push_back(inputs);
  return found;
}

void SharedExperts::back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
                         bool kernels) const {
  const Descent descent{parameters_, sink, kernels};
  for (size_t e = 0; e < experts_.size(); ++e) {
    const auto& [losses, gradients] = representations[e];
    if (!gradients.defined()) continue;
    sink.losses(losses);
    experts_[e].back(tape[e].inner[0], gradients, descent, false);
  }
}

std::vector<size_t> SharedExperts::uses() const {
  std::vector<size_t> all;
  for (const auto& expert : experts_)
    for (const auto index : expert.parameters()) all.push_back(index);
  return all;
}

void SharedExperts::observe(const Pass& pass, size_t task, const at::Tensor& gate, size_t ownFrom,
                            size_t total) const {
  observeGate(pass, static_cast<std::int64_t>(task), {}, gate);
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < gate.size(1); ++i) {
    const auto own = i - static_cast<std::int64_t>(experts_.size());
    places.push_back(own < 0 ? i : static_cast<std::int64_t>(ownFrom) + own);
  }
  observeUse(pass, gate, places, static_cast<std::int64_t>(total));
}

at::Tensor SharedExperts::features(size_t task, const std::vector<at::Tensor>& read,
                                   const Pass& pass) const {
  const auto& inputs = read.back();
  std::vector<at::Tensor> outputs(read.begin(), read.end() - 1);
  for (auto& output : own(task, inputs, pass)) outputs.push_back(std::move(output));
  return mixtureOf(gate(task, inputs.flatten(1), pass), outputs, pass);
}

}  // namespace eq::model
