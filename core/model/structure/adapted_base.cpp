#include "core/model/structure/adapted_base.h"

#include <utility>

#include <ATen/ops/zeros.h>

namespace eq::model {

AdaptedBase::AdaptedBase(const BaseNetwork& base, bool trainBase, const Setting& setting)
    : TaskStreams(setting),
      factory_(parameters_, setting.seed),
      features_(base.features(base.stages())),
      stages_(base.stages()) {
  Block shared;
  shared.trainable = trainBase;
  for (size_t stage = 0; stage < base.stages(); ++stage)
    base.addStage(stages_[stage], factory_, stage, shared, shared.name, generator_);
}

void AdaptedBase::addHeads(const Parameters& parameters) {
  HeadedModel::addHeads(factory_, std::vector<std::int64_t>(taskCount(), features_), parameters);
}

size_t AdaptedBase::addDifference(size_t task, size_t stage) {
  const auto block = blockOf(task, Part::task);
  const auto& shape = parameters_.infos()[weightIndex(stage)].shape;
  return parameters_.add(block.name + ".delta." + std::to_string(stage),
                         at::zeros(shape, at::TensorOptions().dtype(at::kFloat)), block);
}

std::vector<at::Tensor> AdaptedBase::outputsOf(size_t task, const at::Tensor& inputs,
                                               const Pass& pass) const {
  std::vector<std::pair<size_t, at::Tensor>> weights;
  for (size_t stage = 0; stage < stages_.size(); ++stage)
    weights.emplace_back(weightIndex(stage), weightFor(task, stage));
  const auto own = parameters_.with(weights);
  std::vector<at::Tensor> outputs;
  for (const auto& stage : stages_)
    outputs.push_back(stage.forward(outputs.empty() ? inputs : outputs.back(), own, pass, nullptr));
  return outputs;
}

at::Tensor AdaptedBase::stream(size_t task, const std::vector<at::Tensor>& common,
                               const Pass& pass) const {
  const auto outputs = outputsOf(task, common[0], pass);
  if (pass.seen) record(task, common[0], outputs, pass);
  return outputs.back();
}

}  // namespace eq::model
