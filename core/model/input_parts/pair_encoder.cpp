#include "core/model/input_parts/pair_encoder.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/model/base_network.h"

namespace eq::model {
namespace {

void addStages(Sequence& into, const BaseNetwork& base, LayerFactory& factory,
               const std::shared_ptr<at::Generator>& dropout) {
  for (size_t stage = 0; stage < base.stages(); ++stage)
    base.addStage(into, factory, stage, Block(), "trunk", dropout);
}

/// The base on the whole inputs.
class CrossEncoder : public SequenceModel {
 public:
  CrossEncoder(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : SequenceModel(setting) {
    LayerFactory factory(parameters_, setting.seed);
    addStages(trunk_, base, factory, generator_);
    addHeads(factory, base.features(base.stages()), parameters);
    parameters_.allocate(setting.type);
  }
};

/// The base on each half. Both go through it as rows of one batch, so that gradients in its layers
/// are those of both uses.
class BiEncoder : public SequenceModel {
 public:
  BiEncoder(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : SequenceModel(setting) {
    LayerFactory factory(parameters_, setting.seed);
    addStages(trunk_, base, factory, generator_);
    addHeads(factory, 3 * base.features(base.stages()), parameters);
    parameters_.allocate(setting.type);
  }

  /// [u ; v ; |u - v|], [N, 3 n].
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override {
    const auto halves = inputs.flatten(1).chunk(2, 1);
    auto* tape = innerTape(pass.tape);
    const auto both = trunk_.forward(at::cat(halves), parameters_, pass, tape).chunk(2);
    const auto difference = both[0] - both[1];
    if (pass.tape) pass.tape->back().kept = {difference.detach().sign()};
    return {at::cat({both[0], both[1], difference.abs()}, 1)};
  }

  void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
            bool kernels) const override {
    const auto& [losses, gradients] = representations.front();
    sink.losses(losses);
    const auto parts = gradients.chunk(3, 2);
    const auto ofDifference = parts[2] * tape[0].kept[0];
    const auto ofBoth = at::cat({parts[0] + ofDifference, parts[1] - ofDifference}, 1);
    trunk_.back(tape[0].inner[0], ofBoth, {parameters_, sink, kernels}, false);
  }
};

std::unique_ptr<Model> makePairEncoder(const Parameters& parameters, const Setting& setting) {
  const auto whole = baseFrom(parameters, setting.inputShape, "pair_encoder");
  const auto inputs = whole.features(0);
  if (inputs % 2 != 0)
    fail("model.id: pair_encoder cuts the inputs into two halves, and their number {} is odd",
         inputs);
  if (parameters.text("form") == "cross")
    return std::make_unique<CrossEncoder>(parameters, whole, setting);
  const auto half = baseFrom(parameters, {inputs / 2}, "pair_encoder");
  return std::make_unique<BiEncoder>(parameters, half, setting);
}

}  // namespace

CatalogRow<Model, const Setting&> pairEncoderRow() {
  Descriptor descriptor;
  descriptor.id = "pair_encoder";
  descriptor.title = "Encoder of pairs";
  descriptor.summary =
      "The first and the second half of the inputs as a pair: each through the same network, their "
      "outputs compared, or both together.";
  descriptor.formula =
      "bi: u = f(a), v = f(b), z = [u ; v ; |u - v|]; cross: z = f([a ; b]); ŷ_k = V_k z + c_k";
  descriptor.citation =
      "Reimers & Gurevych, Sentence-BERT: sentence embeddings using siamese BERT-networks, EMNLP "
      "2019 (bi- and cross-encoders)";
  descriptor.parameters = withMlpBase({ParameterSpec::choice(
      "form", "bi", {"bi", "cross"},
      "bi: one network on each half alone; cross: on both together. Either can teach the other")});
  return {descriptor, makePairEncoder};
}

}  // namespace eq::model
