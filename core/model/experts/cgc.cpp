#include "core/model/experts/cgc.h"

#include <string>

#include "core/base/random.h"
#include "core/model/experts/shared_experts.h"
#include "core/model/mixture.h"

namespace eq::model {
namespace {

class Cgc : public SharedExperts {
 public:
  Cgc(const Parameters& parameters, const Setting& setting)
      : SharedExperts(setting),
        each_(static_cast<size_t>(parameters.integer("task_experts"))),
        gates_(setting.tasks.size()) {
    const auto base = baseFrom(parameters, setting.inputShape, "cgc");
    const auto shared = static_cast<size_t>(parameters.integer("shared_experts"));
    LayerFactory factory(parameters_, setting.seed);
    for (size_t e = 0; e < shared; ++e) addExpert(base, factory, Block(), e, setting.seed);
    for (size_t k = 0; k < gates_.size(); ++k) {
      const auto block = blockOf(k, Part::task);
      for (size_t e = 0; e < each_; ++e) addExpert(base, factory, block, e, setting.seed);
      addGate(k, base.features(0), setting.seed);
    }
    const std::vector<std::int64_t> features(gates_.size(), base.features(base.stages()));
    addHeads(factory, features, parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  at::Tensor gate(size_t task, const at::Tensor& inputs, const Pass& pass) const override {
    const auto gate = gates_[task].forward(inputs, parameters_, pass, nullptr).softmax(1);
    observeGate(pass, static_cast<std::int64_t>(task), {}, gate);
    const auto all = shared() + gates_.size() * each_;
    std::vector<std::int64_t> places;
    for (size_t i = 0; i < shared() + each_; ++i)
      places.push_back(static_cast<std::int64_t>(i < shared() ? i : i + task * each_));
    observeUse(pass, gate, places, static_cast<std::int64_t>(all));
    return gate;
  }

 private:
  void addGate(size_t task, std::int64_t inputs, std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    const auto name = block.name + ".gate";
    LayerFactory factory(parameters_, deriveSeed(seed, name));
    gates_[task].add(
        factory.linear(name, inputs, static_cast<std::int64_t>(shared() + each_), block));
  }

  size_t each_;                  ///< experts that a task has alone
  std::vector<Sequence> gates_;  ///< [task] from the flat inputs to logits
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
