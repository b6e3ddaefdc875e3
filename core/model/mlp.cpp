#include "core/model/mlp.h"

#include <utility>

#include "core/base/error.h"
#include "core/model/base_network.h"
#include "core/model/regulariser.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

class Mlp : public SequenceModel {
 public:
  Mlp(const Parameters& parameters, const Setting& setting) : SequenceModel(setting) {
    LayerFactory factory(parameters_, setting.seed);
    BaseSizes sizes;
    sizes.hidden = parameters.integers("hidden");
    sizes.activation = parameters.text("activation");
    sizes.dropout = parameters.number("dropout");
    const BaseNetwork base(std::move(sizes), setting.inputShape);
    if (base.features(0) < 1)
      fail("model.id: mlp needs inputs, found [{}]; an analytic problem needs the model point",
           fmt::join(setting.inputShape, ", "));
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(trunk_, factory, stage, Block(), "trunk", generator_);
    addHeads(factory, base.features(base.stages()), parameters);
    parameters_.allocate(setting.type);
  }
};

}  // namespace

CatalogRow<Model, const Setting&> mlpRow() {
  Descriptor descriptor;
  descriptor.id = "mlp";
  descriptor.title = "Multi-layer perceptron";
  descriptor.summary = "A shared fully connected trunk and a head a task; images are flattened.";
  descriptor.formula = "z = φ(W_L … φ(W_1 x + b_1) … + b_L); ŷ_k = V_k z + c_k";
  descriptor.citation = "Hard parameter sharing: Caruana, Multitask Learning, 1997";
  descriptor.parameters = {
      ParameterSpec::integerList("hidden", {128, 128}, "Width of each shared layer")
          .from(1)
          .to(65536),
      ParameterSpec::choice("activation", "relu", {"relu", "tanh", "gelu"},
                            "After each shared layer"),
      dropoutSpec("Probability of dropping a unit of the trunk"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            if (parameters.integers("hidden").empty())
              fail("model.hidden: needs at least one width, found []");
            return std::make_unique<Mlp>(parameters, setting);
          }};
}

}  // namespace eq::model
