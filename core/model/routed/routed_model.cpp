#include "core/model/routed/routed_model.h"

#include <cmath>
#include <string>

#include "core/base/random.h"
#include "core/model/initial_values.h"
#include "core/model/mixture.h"
#include "core/model/task_streams.h"

namespace eq::model {

void RoutedModel::addStages(LayerFactory& factory, const BaseNetwork& base,
                            const std::vector<char>& routed, std::int64_t experts,
                            std::uint64_t seed) {
  routed_ = routed;
  stages_.resize(routed.size());
  for (size_t stage = 0; stage < routed.size(); ++stage) {
    if (!routed[stage]) {
      base.addStage(stages_[stage].emplace_back(), factory, stage, Block(), "trunk", generator_);
      continue;
    }
    for (std::int64_t e = 0; e < experts; ++e) {
      const auto name = "trunk.expert." + std::to_string(e);
      LayerFactory other(parameters_, deriveSeed(seed, name + "." + std::to_string(stage)));
      base.addStage(stages_[stage].emplace_back(), e == 0 ? factory : other, stage, Block(), name,
                    generator_);
    }
  }
  for (size_t k = 0; k < taskCount(); ++k) reads_[k] = {k};
}

void RoutedModel::addTaskVectors(std::int64_t size, std::uint64_t seed) {
  for (size_t k = 0; k < taskCount(); ++k) {
    const auto block = blockOf(k, Part::task);
    const auto name = block.name + ".vector";
    taskVectors_.push_back(parameters_.add(
        name, uniformByName(seed, name, {size}, 1 / std::sqrt(static_cast<double>(size))), block));
  }
}

std::vector<at::Tensor> RoutedModel::outputsOf(size_t stage, const at::Tensor& input,
                                               const Pass& pass) const {
  std::vector<at::Tensor> outputs;
  for (const auto& expert : stages_[stage])
    outputs.push_back(expert.forward(input, parameters_, pass, nullptr));
  return outputs;
}

std::vector<at::Tensor> RoutedModel::represent(const at::Tensor& inputs, const Pass& pass) const {
  std::vector<at::Tensor> streams(taskCount());
  std::vector<size_t> wanted;
  for (size_t k = 0; k < streams.size(); ++k)
    if (!pass.active || (*pass.active)[k]) wanted.push_back(k);
  for (const auto k : wanted) streams[k] = inputs;
  bool parted = false;  // before, all streams are one and go through a stage once
  for (size_t stage = 0; stage < stages_.size() && !wanted.empty(); ++stage) {
    const auto weights = routed_[stage] ? gates(stage, streams, pass) : std::vector<at::Tensor>();
    std::vector<at::Tensor> outputs;
    SameMasks masks(*generator_, pass);
    for (const auto k : wanted) {
      if (parted || k == wanted.front()) {
        masks.begin();
        outputs = outputsOf(stage, streams[k], pass);
      }
      streams[k] = routed_[stage] ? mixedMaps(weights[k], outputs, pass) : outputs[0];
    }
    parted = parted || routed_[stage];
  }
  return streams;
}

at::Tensor RoutedModel::features(size_t, const std::vector<at::Tensor>& read, const Pass&) const {
  return read[0].flatten(1);
}

}  // namespace eq::model
