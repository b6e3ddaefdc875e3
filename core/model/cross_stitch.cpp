#include "core/model/cross_stitch.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/observations.h"

namespace eq::model {
namespace {

class CrossStitch : public HeadedModel {
 public:
  CrossStitch(const Parameters& parameters, const Setting& setting)
      : HeadedModel(setting),
        channels_(parameters.text("unit") == "channel"),
        towers_(setting.tasks.size()),
        last_(setting.tasks.size()) {
    const auto base = baseFrom(parameters, setting.inputShape, "cross_stitch");
    if (base.stages() < 2)
      fail("model.hidden: cross_stitch mixes between stages and needs at least 2, the base has 1");
    architectureRate_ = parameters.number("architecture_lr");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t k = 0; k < towers_.size(); ++k) {
      const auto name = "trunk.tower." + setting.tasks[k].name;
      LayerFactory other(parameters_, deriveSeed(setting.seed, name));
      addTower(base, k == 0 ? factory : other, k, name);
      reads_[k] = {k};
    }
    for (size_t stage = 0; stage + 1 < base.stages(); ++stage)
      addStitch(stage, channels_ ? base.units(stage) : 0, parameters.number("self"));
    const std::vector<std::int64_t> features(towers_.size(), base.features(base.stages()));
    addHeads(factory, features, parameters);
    parameters_.allocate(setting.type);
  }

  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    std::vector<at::Tensor> streams(towers_.size(), inputs);
    for (size_t stage = 0; stage < stitches_.size(); ++stage) {
      for (size_t k = 0; k < towers_.size(); ++k)
        streams[k] = towers_[k][stage].forward(streams[k], parameters_, pass, innerTape(pass.tape));
      if (pass.tape) {
        innerTape(pass.tape);
        for (const auto& stream : streams) pass.tape->back().kept.push_back(stream.detach());
      }
      streams = mixed(stage, streams, pass);
    }
    return streams;
  }
  size_t frontier() const override { return 0; }
  bool leavesTraces() const override { return true; }

  void back(const Tape& tape, std::vector<Stack> streams, ParameterSink& sink,
            bool kernels) const override {
    const Descent descent{parameters_, sink, kernels};
    const auto count = towers_.size();
    for (size_t stage = stitches_.size(); stage-- > 0;) {
      const auto* traces = &tape[stage * (count + 1)];
      auto below = unmixed(stage, traces[count].kept, streams, sink);
      for (size_t k = 0; k < count; ++k) {
        auto& [losses, gradients] = below[k];
        if (!gradients.defined()) continue;
        sink.losses(losses);
        gradients = towers_[k][stage].back(traces[k].inner[0], gradients, descent, stage > 0);
      }
      streams = std::move(below);
    }
  }

  std::vector<size_t> uses() const override {
    auto all = stitches_;
    for (const auto& tower : towers_)
      for (const auto& stage : tower)
        for (const auto index : stage.parameters()) all.push_back(index);
    return all;
  }

 protected:
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override {
    return last_[task].forward(read[0], parameters_, pass, nullptr).flatten(1);
  }

 private:
  void addTower(const BaseNetwork& base, LayerFactory& factory, size_t task,
                const std::string& name) {
    towers_[task].resize(base.stages() - 1);
    for (size_t stage = 0; stage + 1 < base.stages(); ++stage)
      base.addStage(towers_[task][stage], factory, stage, Block(), name, generator_);
    const auto own = blockOf(task, Part::task);
    base.addStage(last_[task], factory, base.stages() - 1, own, own.name,
                  addStream(dropoutOf(own)));
  }

  /// \param units of the stage; 0: one weight for all.
  void addStitch(size_t stage, std::int64_t units, double self) {
    const auto count = static_cast<std::int64_t>(towers_.size());
    const auto other = (1 - self) / static_cast<double>(std::max<std::int64_t>(1, count - 1));
    std::vector<std::int64_t> shape{count, count};
    if (units > 0) shape.push_back(units);
    auto weights = at::full(shape, other, at::TensorOptions().dtype(at::kFloat));
    weights.diagonal(0, 0, 1).fill_(self);
    stitches_.push_back(parameters_.add("trunk.stitch." + std::to_string(stage + 1), weights,
                                        Block(), /*architecture=*/true));
  }

  /// The weights of a stage towards one stream from each, [K, 1, C, 1 ...] like `streams[0]`.
  at::Tensor towards(const at::Tensor& weights, size_t k, const at::Tensor& stream) const {
    std::vector<std::int64_t> shape(static_cast<size_t>(stream.dim()) + 1, 1);
    shape[0] = weights.size(0);
    if (channels_) shape[2] = weights.size(2);
    return weights[static_cast<std::int64_t>(k)].view(shape);
  }

  /// h̃_k = Σ_j A[k, j] h_j.
  std::vector<at::Tensor> mixed(size_t stage, const std::vector<at::Tensor>& streams,
                                const Pass& pass) const {
    const auto& weights = parameters_.tensor(stitches_[stage]);
    const auto count = static_cast<std::int64_t>(streams.size());
    if (pass.seen)
      pass.seen->add("stitch", -1, std::to_string(stage + 1),
                     channels_ ? weights.detach().mean(2) : weights);
    if (pass.multiplyAdds) *pass.multiplyAdds += count * count * streams[0].numel();
    const auto all = at::stack(streams);
    std::vector<at::Tensor> found;
    for (size_t k = 0; k < streams.size(); ++k)
      found.push_back((towards(weights, k, streams[0]) * all).sum(0));
    return found;
  }

  /// Gradients in the streams before a mixture from those behind it; leaves those in its weights.
  std::vector<Stack> unmixed(size_t stage, const std::vector<at::Tensor>& kept,
                             const std::vector<Stack>& behind, ParameterSink& sink) const {
    const auto weights = parameters_.tensor(stitches_[stage]).detach();
    std::vector<Stack> before(kept.size());
    Stack ofWeights;
    for (size_t k = 0; k < kept.size(); ++k) {
      const auto& [losses, gradients] = behind[k];
      if (!gradients.defined()) continue;
      const auto towardsK = towards(weights, k, kept[0]);
      for (size_t j = 0; j < kept.size(); ++j)
        before[j].add({losses, gradients * towardsK[static_cast<std::int64_t>(j)]});
      ofWeights.add({losses, weightRows(gradients, kept, k, weights)});
    }
    if (ofWeights.gradients.defined()) {
      sink.losses(ofWeights.losses);
      sink.formed(stitches_[stage], ofWeights.gradients);
    }
    return before;
  }

  /// ∂/∂A[k, j] = ⟨D_k, h_j⟩, by channel where the weights are, as rows of all weights.
  at::Tensor weightRows(const at::Tensor& gradients, const std::vector<at::Tensor>& kept, size_t k,
                        const at::Tensor& weights) const {
    auto shape = weights.sizes().vec();
    shape.insert(shape.begin(), gradients.size(0));
    auto rows = at::zeros(shape, gradients.options());
    for (size_t j = 0; j < kept.size(); ++j) {
      auto products = gradients * kept[j];
      if (channels_) products = products.transpose(1, 2).flatten(2);
      rows.select(1, static_cast<std::int64_t>(k))
          .select(1, static_cast<std::int64_t>(j))
          .copy_(channels_ ? products.sum(2) : products.flatten(1).sum(1));
    }
    return rows;
  }

  bool channels_;
  std::vector<std::vector<Sequence>> towers_;  ///< [task][stage] that all tasks reach
  std::vector<Sequence> last_;                 ///< [task] its own
  std::vector<size_t> stitches_;               ///< [stage]
};

}  // namespace

CatalogRow<Model, const Setting&> crossStitchRow() {
  Descriptor descriptor;
  descriptor.id = "cross_stitch";
  descriptor.title = "Cross-stitch network";
  descriptor.summary =
      "A network a task; between two stages each reads a learned mixture of all of them.";
  descriptor.formula = "h̃_{k,s} = Σ_j A_s[k,j] h_{j,s}; h_{k,s+1} = f_{k,s+1}(h̃_{k,s})";
  descriptor.citation =
      "Misra et al., Cross-stitch networks for multi-task learning, CVPR 2016. Recalled, not read: "
      "a weight for each channel, first weights, and a rate 100 to 1,000 times larger for them "
      "(architecture_lr)";
  descriptor.parameters =
      withBase({ParameterSpec::choice("unit", "layer", {"layer", "channel"},
                                      "One weight for a stage, or one for each of its units"),
                ParameterSpec::number(
                    "self", 0.9, "First weight of a task's own stream; the others share the rest")
                    .from(0)
                    .to(1)});
  descriptor.traits["series"] = nlohmann::json::array({{{"series", "stitch"},
                                                        {"draw", "matrix"},
                                                        {"axes", {"task", "task"}},
                                                        {"label", "Column's weight in row"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<CrossStitch>(parameters, setting);
          }};
}

}  // namespace eq::model
