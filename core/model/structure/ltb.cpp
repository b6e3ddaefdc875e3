#include "core/model/structure/ltb.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/observations.h"
#include "core/model/structure/settled_tree.h"

namespace eq::model {
namespace {

/// 1 at the largest of each row, at the first where there are several.
at::Tensor firstLargest(const at::Tensor& rows) {
  const auto largest = rows == rows.amax(-1, true);
  return largest.logical_and(largest.cumsum(-1) == 1).to(rows.scalar_type());
}

std::vector<std::int64_t> placesOf(const at::Tensor& oneHot) {
  const auto host = oneHot.argmax(-1).to(at::kCPU).contiguous();
  const auto* first = host.const_data_ptr<std::int64_t>();
  return {first, first + host.numel()};
}

class Ltb : public HeadedModel {
 public:
  Ltb(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : HeadedModel(setting),
        nodes_(parameters.isNull("nodes") ? std::ssize(setting.tasks)
                                          : parameters.integer("nodes")),
        warmup_(parameters.number("warmup")),
        tau_(parameters.number("tau")),
        leastTau_(parameters.number("tau_min")),
        fixAt_(parameters.number("fix_at")),
        noise_(addStream("gumbel")),
        layers_(base.stages()) {
    architectureRate_ = parameters.number("architecture_lr");
    LayerFactory factory(parameters_, setting.seed);
    for (std::int64_t node = 0; node < nodes_; ++node) addNode(base, factory, node, setting.seed);
    for (size_t stage = 1; stage < base.stages(); ++stage)
      between_.push_back(
          addLogits("trunk.branch." + std::to_string(stage + 1), {nodes_, nodes_}, Block()));
    for (size_t k = 0; k < taskCount(); ++k) {
      const auto own = blockOf(k, Part::task);
      ofTasks_.push_back(addLogits(own.name + ".branch", {nodes_}, own));
      reads_[k] = {k};
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    std::vector<at::Tensor> below;
    for (const auto& node : layers_[0])
      below.push_back(node.forward(inputs, parameters_, pass, nullptr));
    std::vector<at::Tensor> drawn;
    for (size_t stage = 1; stage < layers_.size(); ++stage) {
      drawn.push_back(branchesOf(between_[stage - 1], pass));
      const auto all = at::stack(below);
      for (size_t node = 0; node < below.size(); ++node)
        below[node] = layers_[stage][node].forward(
            mixed(drawn.back()[static_cast<std::int64_t>(node)], all, pass), parameters_, pass,
            nullptr);
    }
    return streamsOfTasks(at::stack(below), drawn, pass);
  }
  size_t frontier() const override { return 0; }
  bool ownsBelow() const override { return true; }

  bool isPlain() const override { return false; }
  std::optional<nlohmann::json> due(const Progress& at, const Probe&) const override {
    if (fixAt_ >= 1 || at.share < fixAt_) return std::nullopt;
    const at::NoGradGuard noGradients;
    std::vector<std::vector<std::int64_t>> ways;
    for (const auto index : ofTasks_) {
      std::vector<std::int64_t> way{placesOf(firstLargest(parameters_.tensor(index))).front()};
      for (size_t stage = between_.size(); stage-- > 0;)
        way.push_back(placesOf(
            firstLargest(parameters_.tensor(between_[stage])))[static_cast<size_t>(way.back())]);
      ways.emplace_back(way.rbegin(), way.rend());
    }
    return treeOfWays(ways, taskNames());
  }

 private:
  void addNode(const BaseNetwork& base, LayerFactory& factory, std::int64_t node,
               std::uint64_t seed) {
    const auto name = "trunk.node." + std::to_string(node);
    LayerFactory other(parameters_, deriveSeed(seed, name));
    for (size_t stage = 0; stage < base.stages(); ++stage) {
      layers_[stage].emplace_back();
      base.addStage(layers_[stage].back(), node == 0 ? factory : other, stage, Block(), name,
                    generator_);
    }
  }

  size_t addLogits(const std::string& name, at::IntArrayRef shape, const Block& block) {
    return parameters_.add(name, at::zeros(shape, at::TensorOptions().dtype(at::kFloat)), block,
                           /*architecture=*/true);
  }

  double temperature(const Progress& at) const {
    const double falling = tau_ * at.epochs / 20 / std::sqrt(std::floor(at.epoch) + 1);
    return std::max(leastTau_, falling);
  }

  /// Rows that sum to 1 over the nodes below: one-hot as drawn, with the gradient of the softmax;
  /// at first of training all alike, and without training the likeliest.
  at::Tensor branchesOf(size_t logits, const Pass& pass) const {
    const auto& values = parameters_.tensor(logits);
    if (!pass.training) return firstLargest(values.detach());
    if (pass.at.share < warmup_)
      return at::full_like(values.detach(), 1.0 / static_cast<double>(nodes_));
    // In single precision, so that the draws do not depend on the type of the parameters.
    const auto waiting = at::empty_like(values.detach(), values.options().dtype(at::kFloat))
                             .exponential_(1, *noise_);
    const auto gumbel =
        -waiting.clamp_min(std::numeric_limits<float>::min()).log().to(values.scalar_type());
    const auto soft = at::softmax((values + gumbel) / temperature(pass.at), -1);
    return (soft - soft.detach()) + firstLargest(soft.detach());
  }

  /// Σ_p a_p h_p. \param weights [M]. \param all [M, N, ...].
  static at::Tensor mixed(const at::Tensor& weights, const at::Tensor& all, const Pass& pass) {
    if (pass.multiplyAdds) *pass.multiplyAdds += all.numel();
    std::vector<std::int64_t> shape(static_cast<size_t>(all.dim()), 1);
    shape[0] = all.size(0);
    return (weights.view(shape) * all).sum(0);
  }

  /// \param drawn branches between the stages.
  std::vector<at::Tensor> streamsOfTasks(const at::Tensor& top,
                                         const std::vector<at::Tensor>& drawn,
                                         const Pass& pass) const {
    std::vector<at::Tensor> streams(taskCount());
    for (size_t k = 0; k < streams.size(); ++k) {
      // Drawn for all, whoever is active: each then has the same branch in every pass of a step.
      const auto branches = branchesOf(ofTasks_[k], pass);
      if (pass.active && !pass.active->at(k)) continue;
      if (pass.seen) pass.seen->add("branch", static_cast<std::int64_t>(k), "", branches);
      streams[k] = mixed(branches, top, pass).flatten(1);
    }
    for (size_t i = 0; pass.seen && i < drawn.size(); ++i) {
      const auto place = std::to_string(i + 2);
      const auto likely = at::softmax(parameters_.tensor(between_[i]).detach(), -1);
      pass.seen->add("branch", -1, place, drawn[i]);
      pass.seen->add("entropy", -1, place, -(likely * likely.log()).nan_to_num(0).sum(-1).mean());
    }
    return streams;
  }

  std::int64_t nodes_;
  double warmup_, tau_, leastTau_, fixAt_;
  std::shared_ptr<at::Generator> noise_;
  std::vector<std::vector<Sequence>> layers_;  ///< [stage][node]
  std::vector<size_t> between_;                ///< [stage - 1] logits of the nodes
  std::vector<size_t> ofTasks_;                ///< [task] logits
};

}  // namespace

CatalogRow<Model, const Setting&> ltbRow() {
  Descriptor descriptor;
  descriptor.id = "ltb";
  descriptor.title = "Learning to branch";
  descriptor.summary =
      "Nodes a stage; which one below a node or a task goes on from is drawn and learned, and late "
      "in the run the likeliest ways become a tree. After the paper, whose temperature and mean "
      "over nodes at first are choices here.";
  descriptor.formula =
      "h_{s,c} = f_{s,c}(Σ_p a_{s,c,p} h_{s-1,p}), a = onehot(softmax((ℓ + Gumbel)/τ)), "
      "τ = τ_0 E/(20 √(epoch + 1))";
  descriptor.citation = "Guo et al., Learning to branch for multi-task learning, ICML 2020";
  auto nodes = ParameterSpec::integer("nodes", 1, "Nodes a stage; null: as many as tasks")
                   .from(1)
                   .to(65536)
                   .orNull();
  nodes.defaultValue = nullptr;
  descriptor.parameters = withBase(
      {nodes,
       ParameterSpec::number("warmup", 0.01,
                             "Share of the run in which all nodes below are read alike")
           .from(0)
           .to(1),
       ParameterSpec::number("tau", 1, "Scale of the temperature, which falls with the epochs")
           .above(0),
       ParameterSpec::number("tau_min", 0.1, "Least temperature").above(0),
       ParameterSpec::number("fix_at", 0.8,
                             "Share of the run at which the likeliest ways become a tree; 1: never")
           .from(0)
           .to(1)});
  descriptor.traits["tree"] = true;
  descriptor.traits["series"] = nlohmann::json::array({{{"series", "branch"},
                                                        {"draw", "matrix"},
                                                        {"axes", {"node", "node below"}},
                                                        {"label", "Drawn branch"}},
                                                       {{"series", "entropy"},
                                                        {"draw", "lines"},
                                                        {"axes", nlohmann::json::array()},
                                                        {"label", "Entropy of branches, nats"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            const auto base = baseFrom(parameters, setting.inputShape, "ltb");
            if (!setting.structure.empty())
              return std::make_unique<SettledTree>(base, setting.structure, parameters, setting);
            return std::make_unique<Ltb>(parameters, base, setting);
          }};
}

}  // namespace eq::model
