#include "core/model/staged_model.h"

#include <utility>

namespace eq::model {

void StagedModel::addStages(const BaseNetwork& base, LayerFactory& factory) {
  stages_.resize(base.stages());
  for (size_t stage = 0; stage < base.stages(); ++stage)
    base.addStage(stages_[stage], factory, stage, Block(), "trunk", generator_);
}

std::vector<at::Tensor> StagedModel::represent(const at::Tensor& inputs, const Pass& pass) const {
  std::vector<at::Tensor> found;
  for (const auto& stage : stages_)
    found.push_back(stage.forward(found.empty() ? inputs : found.back(), parameters_, pass,
                                  innerTape(pass.tape)));
  return found;
}

void StagedModel::back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
                       bool kernels) const {
  const Descent descent{parameters_, sink, kernels};
  for (size_t i = stages_.size(); i-- > 0;) {
    const auto& [losses, gradients] = representations[i];
    if (!gradients.defined()) continue;
    sink.losses(losses);
    auto below = stages_[i].back(tape[i].inner[0], gradients, descent, i > 0);
    if (i > 0) representations[i - 1].add({losses, std::move(below)});
  }
}

std::vector<size_t> StagedModel::uses() const {
  std::vector<size_t> all;
  for (const auto& stage : stages_)
    for (const auto index : stage.parameters()) all.push_back(index);
  return all;
}

}  // namespace eq::model
