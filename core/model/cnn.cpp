#include "core/model/cnn.h"

#include <utility>

#include "core/base/error.h"
#include "core/model/base_network.h"
#include "core/model/regulariser.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

class Cnn : public SequenceModel {
 public:
  Cnn(const Parameters& parameters, const Setting& setting) : SequenceModel(setting) {
    if (setting.inputShape.size() != 3)
      fail("model.id: cnn needs images [channels, height, width], found inputs [{}]",
           fmt::join(setting.inputShape, ", "));
    LayerFactory factory(parameters_, setting.seed);
    BaseSizes sizes;
    sizes.channels = parameters.integers("channels");
    sizes.kernel = parameters.integer("kernel");
    sizes.same = parameters.boolean("same");
    sizes.hidden = {parameters.integer("hidden")};
    sizes.dropout = parameters.number("dropout");
    const BaseNetwork base(std::move(sizes), setting.inputShape);
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(trunk_, factory, stage, Block(), "trunk", generator_);
    addHeads(factory, base.features(base.stages()), parameters);
    parameters_.allocate(setting.type);
  }
};

}  // namespace

CatalogRow<Model, const Setting&> cnnRow() {
  Descriptor descriptor;
  descriptor.id = "cnn";
  descriptor.title = "Convolutional network";
  descriptor.summary =
      "A LeNet-like shared trunk (convolution, ReLU, 2 x 2 pooling a stage, one full layer) and a "
      "head a task.";
  descriptor.formula = "z = relu(W pool(relu(conv(…x…))) + b); ŷ_k = V_k z + c_k";
  descriptor.citation =
      "LeCun et al., Gradient-based learning applied to document recognition, 1998";
  descriptor.parameters = {
      ParameterSpec::integerList("channels", {16, 32}, "Filters of each stage").from(1).to(4096),
      ParameterSpec::integer("kernel", 3, "Side of the filters").from(1).to(15).in("pixels"),
      ParameterSpec::boolean("same", false,
                             "Pad so that a convolution keeps the size (odd kernels)"),
      ParameterSpec::integer("hidden", 128, "Width of the shared full layer").from(1).to(65536),
      dropoutSpec("Probability of dropping a unit of the full layer"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Cnn>(parameters, setting);
          }};
}

}  // namespace eq::model
