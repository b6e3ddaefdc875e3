#include "core/model/mmoe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include "core/base/random.h"
#include "core/model/base_network.h"

namespace eq::model {
namespace {

class Mmoe : public HeadedModel {
 public:
  Mmoe(const Parameters& parameters, const Setting& setting)
      : HeadedModel(setting),
        experts_(static_cast<size_t>(parameters.integer("experts"))),
        gates_(setting.tasks.size()),
        drop_(parameters.number("gate_dropout")) {
    const auto base = baseFrom(parameters, setting.inputShape, "mmoe");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t e = 0; e < experts_.size(); ++e) addExpert(base, factory, setting.seed, e);
    std::vector<size_t> read(experts_.size() + 1);  // all experts, and the inputs behind them
    for (size_t i = 0; i < read.size(); ++i) read[i] = i;
    for (size_t k = 0; k < gates_.size(); ++k) {
      reads_[k] = read;
      addGate(k, base.features(0), parameters.integers("gate_hidden"), setting.seed);
    }
    const std::vector<std::int64_t> features(gates_.size(), base.features(base.stages()));
    addHeads(factory, features, parameters.integers("head_hidden"));
    parameters_.allocate(setting.type);
  }

  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    std::vector<at::Tensor> found;
    for (const auto& expert : experts_)
      found.push_back(expert.forward(inputs, parameters_, pass, innerTape(pass.tape)));
    found.push_back(inputs);
    return found;
  }
  size_t frontier() const override { return experts_.size(); }
  bool leavesTraces() const override { return true; }

  void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
            bool kernels) const override {
    const Descent descent{parameters_, sink, kernels};
    for (size_t e = 0; e < experts_.size(); ++e) {
      const auto& [losses, gradients] = representations[e];
      if (!gradients.defined()) continue;
      sink.losses(losses);
      experts_[e].back(tape[e].inner[0], gradients, descent, false);
    }
  }

  std::vector<size_t> uses() const override {
    std::vector<size_t> all;
    for (const auto& expert : experts_)
      for (const auto index : expert.parameters()) all.push_back(index);
    return all;
  }

 protected:
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override {
    const auto logits = gates_[task].forward(read.back().flatten(1), parameters_, pass, nullptr);
    const auto gate = dropped(logits.softmax(1), pass);
    std::vector<at::Tensor> outputs;
    for (size_t e = 0; e < experts_.size(); ++e) outputs.push_back(read[e].flatten(1));
    const auto all = at::stack(outputs, 1);
    if (pass.multiplyAdds) *pass.multiplyAdds += all.numel();
    return at::bmm(gate.unsqueeze(1), all).squeeze(1);
  }

 private:
  void addExpert(const BaseNetwork& base, LayerFactory& first, std::uint64_t seed, size_t expert) {
    const auto name = "trunk.expert." + std::to_string(expert);
    LayerFactory further(parameters_, deriveSeed(seed, name));
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(experts_[expert], expert == 0 ? first : further, stage, Block(), name,
                    generator_);
  }

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
                                    static_cast<std::int64_t>(experts_.size()), block));
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

  std::vector<Sequence> experts_;
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
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Mmoe>(parameters, setting);
          }};
}

}  // namespace eq::model
