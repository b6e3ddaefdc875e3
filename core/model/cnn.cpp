#include "core/model/cnn.h"

#include "core/base/error.h"
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
    const auto features = addStages(factory, parameters, setting.inputShape);
    const auto hidden = parameters.integer("hidden");
    const auto name = "trunk." + std::to_string(parameters.integers("channels").size());
    trunk_.add(factory.flatten());
    trunk_.add(factory.linear(name, features, hidden, kTrunk));
    trunk_.add(factory.activation("relu"));
    if (parameters.number("dropout") > 0)
      trunk_.add(factory.dropout(parameters.number("dropout"), generator_));
    addHeads(factory, hidden, parameters.integers("head_hidden"));
    parameters_.allocate(setting.type);
  }

 private:
  /// \returns the number of features after the last stage.
  std::int64_t addStages(LayerFactory& factory, const Parameters& parameters,
                         const std::vector<std::int64_t>& shape) {
    auto [channels, height, width] = std::tuple(shape[0], shape[1], shape[2]);
    const auto kernel = parameters.integer("kernel");
    const auto padding = parameters.boolean("same") ? kernel / 2 : 0;
    int number = 0;
    for (const auto outputs : parameters.integers("channels")) {
      trunk_.add(factory.convolutionStage("trunk." + std::to_string(number++), channels, outputs,
                                          kernel, padding, 2, kTrunk));
      channels = outputs;
      height = (height + 2 * padding - kernel + 1) / 2;
      width = (width + 2 * padding - kernel + 1) / 2;
      if (height < 1 || width < 1)
        fail(
            "model.channels: stage {} shrinks the image of {} x {} to nothing; use fewer stages or "
            "a smaller kernel",
            number, shape[1], shape[2]);
    }
    return channels * height * width;
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
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Cnn>(parameters, setting);
          }};
}

}  // namespace eq::model
