#include "core/model/task_parts/adapters.h"

#include <optional>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>

#include "core/model/base_network.h"
#include "core/model/mixture.h"
#include "core/model/observations.h"
#include "core/model/task_parts/unit_layer.h"
#include "core/model/task_streams.h"

namespace eq::model {
namespace {

class Adapters : public TaskStreams {
 public:
  Adapters(const Parameters& parameters, const Setting& setting)
      : TaskStreams(setting), adapters_(setting.tasks.size()) {
    const auto base = baseFrom(parameters, setting.inputShape, "adapters");
    LayerFactory factory(parameters_, setting.seed);
    stages_.resize(base.stages());
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(stages_[stage], factory, stage, Block(), "trunk", generator_);
    for (size_t k = 0; k < taskCount(); ++k)
      for (size_t stage = 0; stage < base.stages(); ++stage)
        addAdapter(k, stage, base, parameters.integer("bottleneck"), setting.seed);
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  /// The first stage runs once: up to its adapters the tasks go together.
  std::vector<at::Tensor> common(const at::Tensor& inputs, const Pass& pass) const override {
    return {stages_[0].forward(inputs, parameters_, pass, nullptr)};
  }

  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    auto h = adapted(task, 0, common[0], pass);
    for (size_t stage = 1; stage < stages_.size(); ++stage)
      h = adapted(task, stage, stages_[stage].forward(h, parameters_, pass, nullptr), pass);
    return h;
  }

 private:
  struct Adapter {
    UnitLayer down, up;
    size_t scale;  ///< α, in the buffer
  };

  void addAdapter(size_t task, size_t stage, const BaseNetwork& base, std::int64_t bottleneck,
                  std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    const auto name = block.name + ".adapter." + std::to_string(stage);
    const auto units = base.units(stage);
    const bool maps = !base.isFull(stage);
    const UnitLayer down(parameters_, name + ".down", {units, bottleneck, maps}, seed, block);
    const UnitLayer up(parameters_, name + ".up", {bottleneck, units, maps}, std::nullopt, block);
    const auto one = at::ones({1}, at::TensorOptions().dtype(at::kFloat));
    adapters_[task].push_back({down, up, parameters_.add(name + ".scale", one, block)});
  }

  /// h + α W_up relu(W_down h).
  at::Tensor adapted(size_t task, size_t stage, const at::Tensor& h, const Pass& pass) const {
    const auto& [down, up, scale] = adapters_[task][stage];
    const auto added = up.forward(at::relu(down.forward(h, parameters_, pass)), parameters_, pass) *
                       parameters_.tensor(scale);
    if (pass.seen) {
      const auto norm = [&](const at::Tensor& rows) {
        return examplesOf(pass, rows.detach()).norm();
      };
      pass.seen->add("adapter_norm", static_cast<std::int64_t>(task), std::to_string(stage + 1),
                     norm(added) / norm(h));
    }
    return h + added;
  }

  std::vector<Sequence> stages_;
  std::vector<std::vector<Adapter>> adapters_;  ///< [task][stage]
};

}  // namespace

CatalogRow<Model, const Setting&> adaptersRow() {
  Descriptor descriptor;
  descriptor.id = "adapters";
  descriptor.title = "Adapters of each task";
  descriptor.summary =
      "A base that all tasks share; after each stage a narrow layer of a task adds what that task "
      "needs, at first nothing.";
  descriptor.formula = "h_k ← h_k + α_k W_up,k relu(W_down,k h_k) after every stage of the base";
  descriptor.citation =
      "Houlsby et al., Parameter-efficient transfer learning for NLP, ICML 2019, and Rebuffi et "
      "al., Efficient parametrization of multi-domain deep neural networks, CVPR 2018. Recalled, "
      "not read: one learned α a task and stage, at first 1, in a multi-task network";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("bottleneck", 16, "Units of the narrow layer").from(1).to(65536)});
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "adapter_norm"},
                              {"draw", "lines"},
                              {"label", "Size of what a task adds / of what is there"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Adapters>(parameters, setting);
          }};
}

}  // namespace eq::model
