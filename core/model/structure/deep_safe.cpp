#include "core/model/structure/deep_safe.h"

#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/observations.h"

namespace eq::model {
namespace {

constexpr const char* kGate = ".gate";
constexpr const char* kPublicHead = ".public";

class DeepSafe : public SequenceModel {
 public:
  DeepSafe(const Parameters& parameters, const Setting& setting)
      : SequenceModel(setting), private_(taskCount()) {
    const auto base = baseFrom(parameters, setting.inputShape, "deep_safe");
    architectureRate_ = parameters.number("architecture_lr");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(trunk_, factory, stage, Block(), "trunk", generator_);
    for (size_t k = 0; k < taskCount(); ++k) {
      addPrivate(base, k, setting.seed);
      reads_[k] = {0, 1};
    }
    const auto features = base.features(base.stages());
    addHeads(factory, features, parameters);
    if (parameters.text("gate_at") == "decoder")
      for (size_t k = 0; k < taskCount(); ++k) {
        auto block = blockOf(k, Part::head);
        block.name += kPublicHead;
        LayerFactory other(parameters_, deriveSeed(setting.seed, block.name));
        public_.push_back(makeHead(other, k, block, features, parameters));
      }
    parameters_.allocate(setting.type);
  }

  /// The public base's output, and the inputs.
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    return {trunk_.forward(inputs, parameters_, pass, pass.tape), inputs};
  }

  HeadOutput head(size_t task, const std::vector<at::Tensor>& read,
                  const Pass& pass) const override {
    const auto gate = gateOf(task);
    if (pass.seen) pass.seen->add("gate", static_cast<std::int64_t>(task), "", gate);
    if (public_.empty()) return HeadedModel::head(task, read, pass);
    auto output = HeadedModel::head(task, read, pass);
    const auto other = outputOf(public_[task], read, pass, [](const auto& rows, const Pass&) {
      return rows.front().flatten(1);
    });
    output.prediction = mixed(gate, output.prediction, other.prediction, pass);
    for (auto& [name, field] : output.fields)
      field = gate * field + (1 - gate) * other.fields.at(name);
    return output;
  }

 protected:
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override {
    const auto own = private_[task].forward(read[1], parameters_, pass, nullptr).flatten(1);
    return public_.empty() ? mixed(gateOf(task), own, read[0].flatten(1), pass) : own;
  }

 private:
  void addPrivate(const BaseNetwork& base, size_t task, std::uint64_t seed) {
    const auto block = blockOf(task, Part::task);
    LayerFactory factory(parameters_, deriveSeed(seed, block.name));
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(private_[task], factory, stage, block, block.name, addStream(dropoutOf(block)));
    gates_.push_back(parameters_.add(block.name + kGate,
                                     at::zeros({1}, at::TensorOptions().dtype(at::kFloat)), block,
                                     /*architecture=*/true));
  }

  at::Tensor gateOf(size_t task) const { return parameters_.tensor(gates_[task]).sigmoid(); }

  /// α own + (1 - α) common.
  static at::Tensor mixed(const at::Tensor& gate, const at::Tensor& own, const at::Tensor& common,
                          const Pass& pass) {
    if (pass.multiplyAdds) *pass.multiplyAdds += 2 * own.numel();
    return gate * own + (1 - gate) * common;
  }

  std::vector<Sequence> private_;  ///< [task]
  std::vector<size_t> gates_;      ///< [task]
  std::vector<Head> public_;  ///< [task] heads of the public base; empty: the features are mixed
};

/// The block of the head that reads the public base, where a task has one.
std::string publicHeadOf(const Model& network, Owner task) {
  return "head." + network.taskNames().at(static_cast<size_t>(task)) + kPublicHead;
}

}  // namespace

SafeParts safePartsOf(const Model& network) {
  SafeParts parts;
  const auto& parameters = network.parameters();
  parts.gates.resize(network.taskCount());
  for (const auto index : parameters.order()) {
    const auto& info = parameters.infos()[index];
    const auto owner = info.block.owner;
    if (info.architecture)
      parts.gates[static_cast<size_t>(owner)] = index;
    else if (owner < 0 || info.block.name == publicHeadOf(network, owner))
      parts.ofPublic.push_back(index);
    else
      parts.ofPrivate.push_back(index);
  }
  return parts;
}

CatalogRow<Model, const Setting&> deepSafeRow() {
  Descriptor descriptor;
  descriptor.id = "deep_safe";
  descriptor.title = "Deep safe multi-task learning";
  descriptor.summary =
      "A public base that all tasks share and a private one a task, mixed by a learned gate: what "
      "sharing does not help, a task keeps to itself. Which of the two forms is the paper's final "
      "one is not known here.";
  descriptor.formula = "z_k = α_k f_k(x) + (1 - α_k) f_S(x), α_k = σ(a_k)";
  descriptor.citation = "Yue et al., Deep safe multi-task learning, arXiv 2111.10601, 2021";
  descriptor.parameters = withBase({ParameterSpec::choice(
      "gate_at", "encoder", {"encoder", "decoder"},
      "What is mixed: features, which one head reads, or the outputs of two heads")});
  descriptor.traits["series"] = nlohmann::json::array(
      {{{"series", "gate"},
        {"draw", "lines"},
        {"axes", {"private"}},
        {"label", "Share of the private base; above ½ the task keeps to itself"}}});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<DeepSafe>(parameters, setting);
          }};
}

}  // namespace eq::model
