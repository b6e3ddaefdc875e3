#include "core/model/mmoe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>

#include "core/base/random.h"
#include "core/model/mixture.h"
#include "core/model/shared_experts.h"

namespace eq::model {
namespace {

class Mmoe : public SharedExperts {
 public:
  Mmoe(const Parameters& parameters, const Setting& setting)
      : SharedExperts(setting),
        gates_(setting.tasks.size()),
        drop_(parameters.number("gate_dropout")) {
    const auto base = baseFrom(parameters, setting.inputShape, "mmoe");
    LayerFactory factory(parameters_, setting.seed);
    addExperts(static_cast<size_t>(parameters.integer("experts")), base, factory, setting.seed);
    for (size_t k = 0; k < gates_.size(); ++k)
      addGate(k, base.features(0), parameters.integers("gate_hidden"), setting.seed);
    const std::vector<std::int64_t> features(gates_.size(), base.features(base.stages()));
    addHeads(factory, features, parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  at::Tensor gate(size_t task, const at::Tensor& inputs, const Pass& pass) const override {
    const auto learned = gates_[task].forward(inputs, parameters_, pass, nullptr).softmax(1);
    observe(pass, task, learned, experts(), experts());
    return dropped(learned, pass);
  }

 private:
  void addGate(size_t task, std::int64_t inputs, const std::vector<std::int64_t>& hidden,
               std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    const auto name = block.name + ".gate.";
    LayerFactory factory(parameters_, deriveSeed(seed, name));
    for (size_t i = 0; i < hidden.size(); ++i) {
      gates_[task].add(factory.linear(name + std::to_string(i), inputs, hidden[i], block));
      gates_[task].add(factory.activation("relu"));
      inputs = hidden[i];
    }
    gates_[task].add(factory.linear(name + std::to_string(hidden.size()), inputs,
                                    static_cast<std::int64_t>(experts()), block));
  }

  /// Leaves out experts of the whole batch in training, and shares their part among the others; all
  /// of them stay where none would.
  at::Tensor dropped(const at::Tensor& gate, const Pass& pass) const {
    if (!pass.training || drop_ == 0) return gate;
    const auto drawn = at::empty({gate.size(1)}, gate.options().requires_grad(false))
                           .bernoulli_(1 - drop_, *generator_);
    const auto mask = at::where(drawn.sum() > 0, drawn, 1);
    const auto kept = gate * mask;
    return kept / kept.sum(1, true);
  }

  std::vector<Sequence> gates_;  ///< [task] from the flat inputs to logits
  double drop_;
};

}  // namespace

CatalogRow<Model, const Setting&> mmoeRow() {
  Descriptor descriptor;
  descriptor.id = "mmoe";
  descriptor.title = "Mixture of experts, a gate a task";
  descriptor.summary =
      "Several networks that all tasks share, and for each task a gate that weighs them for every "
      "example.";
  descriptor.formula =
      "z_k = Σ_e g_{k,e}(x) f_e(x), g_k = softmax(G_k x + c_k); ŷ_k = V_k z_k + c_k";
  descriptor.citation =
      "Ma et al., Modeling task relationships in multi-task learning with multi-gate "
      "mixture-of-experts, KDD 2018";
  descriptor.parameters =
      withBase({ParameterSpec::integer("experts", 4, "Networks that are mixed").from(1).to(64),
                ParameterSpec::integerList("gate_hidden", nlohmann::json::array(),
                                           "Widths of hidden layers in each gate")
                    .from(1)
                    .to(65536),
                ParameterSpec::number("gate_dropout", 0,
                                      "Probability of leaving an expert of a task out of a batch")
                    .from(0)
                    .below(1)});
  descriptor.traits["series"] = mixtureSeries();
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Mmoe>(parameters, setting);
          }};
}

}  // namespace eq::model
