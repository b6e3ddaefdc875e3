#include "core/model/low_rank/low_rank_model.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include "core/base/error.h"

namespace eq::model {

void LowRankModel::addBase(LayerFactory& factory, const Parameters& parameters,
                           const Setting& setting, const std::string& id,
                           const std::function<void(const AdaptedLayer&)>& add) {
  const auto base = baseFrom(parameters, setting.inputShape, id);
  if (!base.isFull(base.stages() - 1))
    fail("model.hidden: {} adds to full layers and needs at least one width, found []", id);
  Block block;
  block.trainable = parameters.boolean("train_base");
  for (size_t stage = 0; stage < base.stages(); ++stage) {
    if (!base.isFull(stage)) {
      base.addStage(below_, factory, stage, block, block.name, generator_);
      continue;
    }
    AdaptedLayer layer{static_cast<std::int64_t>(stage) + 1, base.features(stage),
                       base.features(stage + 1)};
    add(layer);
    layer.layer = base.fullLayer(factory, stage, block, block.name);
    adapted_.push_back(std::move(layer));
  }
  below_.add(factory.flatten());
  activation_ = base.activation(factory);
  dropout_ = base.dropout();
  if (apart_)
    for (size_t k = 0; k < taskCount(); ++k) reads_[k] = {k};
}

void LowRankModel::addHeadsAndAllocate(LayerFactory& factory, const Parameters& parameters,
                                       const Setting& setting) {
  addHeads(factory, std::vector<std::int64_t>(taskCount(), adapted_.back().outputs), parameters);
  parameters_.allocate(setting.type);
}

std::vector<at::Tensor> LowRankModel::represent(const at::Tensor& inputs, const Pass& pass) const {
  const auto h = below_.forward(inputs, parameters_, pass, nullptr);
  const auto extra = beside(inputs, pass);
  std::vector<at::Tensor> streams(apart_ ? taskCount() : 1);
  for (size_t i = 0; i < adapted_.size(); ++i) {
    const auto& layer = *adapted_[i].layer;
    const auto mask = drawMask(h, adapted_[i].outputs, pass);
    // All streams begin as one, so that the lowest layer has one input.
    const auto lowest = i == 0 ? layer.forward(h, parameters_, pass, nullptr) : at::Tensor();
    for (size_t k = 0; k < streams.size(); ++k) {
      if (apart_ && pass.active && !(*pass.active)[k]) continue;
      const auto& x = i == 0 ? h : streams[k];
      const auto base = i == 0 ? lowest : layer.forward(x, parameters_, pass, nullptr);
      streams[k] = behind(base + addition(i, k, x, extra, pass), mask);
    }
  }
  return streams;
}

at::Tensor LowRankModel::drawMask(const at::Tensor& h, std::int64_t units, const Pass& pass) const {
  if (!pass.training || dropout_ == 0) return {};
  return at::empty({h.size(0), units}, h.options().requires_grad(false))
      .bernoulli_(1 - dropout_, *generator_);
}

at::Tensor LowRankModel::behind(const at::Tensor& sum, const at::Tensor& mask) const {
  const auto h = activation_->forward(sum, parameters_, {}, nullptr);
  return mask.defined() ? h * mask / (1 - dropout_) : h;
}

ParameterSpec trainBaseSpec() {
  return ParameterSpec::boolean("train_base", true,
                                "Whether the base learns too; else it stays as it begins");
}

}  // namespace eq::model
