#include "core/model/experts/shared_experts.h"

#include <algorithm>
#include <utility>

#include <ATen/core/grad_mode.h>

#include "core/base/random.h"
#include "core/model/mixture.h"

namespace eq::model {

void SharedExperts::addExpert(const BaseNetwork& base, LayerFactory& factory, const Block& block,
                              size_t number, std::uint64_t seed) {
  const bool isFirst = parameters_.infos().empty();
  const auto name = block.name + ".expert." + std::to_string(number);
  LayerFactory further(parameters_, deriveSeed(seed, name));
  Sequence layers;
  for (size_t stage = 0; stage < base.stages(); ++stage)
    base.addStage(layers, isFirst ? factory : further, stage, block, name,
                  addStream(dropoutOf(block)));
  if (block.owner >= 0) {
    own_[static_cast<size_t>(block.owner)].push_back(std::move(layers));
  } else {
    shared_.push_back({std::move(layers), reach(block.owner)});
  }
  for (size_t k = 0; k < taskCount(); ++k) {
    reads_[k].clear();
    for (size_t e = 0; e < shared_.size(); ++e)
      if (shared_[e].users[k]) reads_[k].push_back(e);
    reads_[k].push_back(shared_.size());  // the inputs
  }
}

bool SharedExperts::isWanted(const Expert& expert, const Pass& pass) const {
  if (!pass.active) return true;
  for (size_t k = 0; k < expert.users.size(); ++k)
    if (expert.users[k] && (*pass.active)[k]) return true;
  return false;
}

std::vector<at::Tensor> SharedExperts::represent(const at::Tensor& inputs, const Pass& pass) const {
  std::vector<at::Tensor> found;
  for (const auto& expert : shared_) {
    auto* tape = innerTape(pass.tape);
    found.push_back(isWanted(expert, pass) ? expert.layers.forward(inputs, parameters_, pass, tape)
                                           : at::Tensor());
  }
  if (pass.seen) observeExperts(inputs, found, pass);
  found.push_back(inputs);
  return found;
}

void SharedExperts::back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
                         bool kernels) const {
  const Descent descent{parameters_, sink, kernels};
  for (size_t e = 0; e < shared_.size(); ++e) {
    const auto& [losses, gradients] = representations[e];
    if (!gradients.defined()) continue;
    sink.losses(losses);
    shared_[e].layers.back(tape[e].inner[0], gradients, descent, false);
  }
}

std::vector<size_t> SharedExperts::uses() const {
  std::vector<size_t> all;
  for (const auto& expert : shared_)
    for (const auto index : expert.layers.parameters()) all.push_back(index);
  return all;
}

/// Whether no expert is of some tasks alone.
bool SharedExperts::allHaveAll() const {
  const auto isOfAll = [](const Expert& one) {
    return std::count(one.users.begin(), one.users.end(), 0) == 0;
  };
  return std::all_of(shared_.begin(), shared_.end(), isOfAll) &&
         std::all_of(own_.begin(), own_.end(), [](const auto& experts) { return experts.empty(); });
}

/// Outputs of all experts as they are evaluated, those that tasks share first, then task by task.
std::vector<at::Tensor> SharedExperts::evaluated(const at::Tensor& inputs) const {
  const at::NoGradGuard noGradients;
  std::vector<at::Tensor> outputs;
  for (const auto& expert : shared_)
    outputs.push_back(expert.layers.forward(inputs, parameters_, {}, nullptr));
  for (const auto& experts : own_)
    for (const auto& layers : experts)
      outputs.push_back(layers.forward(inputs, parameters_, {}, nullptr));
  return outputs;
}

/// How unlike they are. Where some tasks have some alone, all are compared as they are evaluated:
/// nothing is drawn for it. \param outputs of those that tasks share.
void SharedExperts::observeExperts(const at::Tensor& inputs, const std::vector<at::Tensor>& outputs,
                                   const Pass& pass) const {
  const bool haveAll = allHaveAll() && outputs.front().defined();
  observeDiversity(pass, haveAll ? outputs : evaluated(inputs));
}

at::Tensor SharedExperts::features(size_t task, const std::vector<at::Tensor>& read,
                                   const Pass& pass) const {
  return mixed(task, gate(task, read.back().flatten(1), pass), read, pass);
}

at::Tensor SharedExperts::mixed(size_t task, const at::Tensor& gate,
                                const std::vector<at::Tensor>& read, const Pass& pass) const {
  std::vector<at::Tensor> outputs(read.begin(), read.end() - 1);
  for (const auto& layers : own_[task])
    outputs.push_back(layers.forward(read.back(), parameters_, pass, nullptr));
  return mixtureOf(gate, outputs, pass);
}

}  // namespace eq::model
