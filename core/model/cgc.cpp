#include "core/model/cgc.h"

#include <string>

#include "core/base/random.h"
#include "core/model/mixture.h"
#include "core/model/shared_experts.h"

namespace eq::model {
namespace {

class Cgc : public SharedExperts {
 public:
  Cgc(const Parameters& parameters, const Setting& setting)
      : SharedExperts(setting), own_(setting.tasks.size()), gates_(setting.tasks.size()) {
    const auto base = baseFrom(parameters, setting.inputShape, "cgc");
    LayerFactory factory(parameters_, setting.seed);
    addExperts(static_cast<size_t>(parameters.integer("shared_experts")), base, factory,
               setting.seed);
    for (auto& experts : own_)
      experts.resize(static_cast<size_t>(parameters.integer("task_experts")));
    for (size_t k = 0; k < gates_.size(); ++k) addTask(k, base, setting.seed);
    const std::vector<std::int64_t> features(gates_.size(), base.features(base.stages()));
    addHeads(factory, features, parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  at::Tensor gate(size_t task, const at::Tensor& inputs, const Pass& pass) const override {
    const auto gate = gates_[task].forward(inputs, parameters_, pass, nullptr).softmax(1);
    const auto each = own_[task].size();
    observe(pass, task, gate, experts() + task * each, experts() + own_.size() * each);
    return gate;
  }

  std::vector<at::Tensor> own(size_t task, const at::Tensor& inputs,
                              const Pass& pass) const override {
    std::vector<at::Tensor> outputs;
    for (const auto& expert : own_[task])
      outputs.push_back(expert.forward(inputs, parameters_, pass, nullptr));
    return outputs;
  }

 private:
  void addTask(size_t task, const BaseNetwork& base, std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    for (size_t e = 0; e < own_[task].size(); ++e) {
      const auto name = block.name + ".expert." + std::to_string(e);
      LayerFactory factory(parameters_, deriveSeed(seed, name));
      for (size_t stage = 0; stage < base.stages(); ++stage)
        base.addStage(own_[task][e], factory, stage, block, name, generator_);
    }
    const auto name = block.name + ".gate";
    LayerFactory factory(parameters_, deriveSeed(seed, name));
    gates_[task].add(factory.linear(
        name, base.features(0), static_cast<std::int64_t>(experts() + own_[task].size()), block));
  }

  std::vector<std::vector<Sequence>> own_;  ///< [task][expert]
  std::vector<Sequence> gates_;             ///< [task] from the flat inputs to logits
};

}  // namespace

CatalogRow<Model, const Setting&> cgcRow() {
  Descriptor descriptor;
  descriptor.id = "cgc";
  descriptor.title = "Customised gate control";
  descriptor.summary =
      "Experts that all tasks share beside experts that one task has alone; a gate a task weighs "
      "the shared ones and its own.";
  descriptor.formula =
      "z_k = Σ_e g_{k,e}(x) f_e(x) over shared and own e, g_k = softmax(G_k x + c_k); ŷ_k = V_k "
      "z_k + c_k";
  descriptor.citation =
      "Tang et al., Progressive layered extraction (PLE): a novel multi-task learning model for "
      "personalized recommendations, RecSys 2020";
  descriptor.parameters = withBase(
      {ParameterSpec::integer("shared_experts", 1, "Networks that all tasks mix").from(1).to(64),
       ParameterSpec::integer("task_experts", 1, "Networks that each task has alone")
           .from(1)
           .to(64)});
  descriptor.traits["series"] = mixtureSeries();
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Cgc>(parameters, setting);
          }};
}

}  // namespace eq::model
