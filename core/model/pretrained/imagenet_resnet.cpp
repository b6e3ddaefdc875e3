#include "core/model/pretrained/imagenet_resnet.h"

#include <cmath>

#include <ATen/ops/full.h>

#include "core/base/error.h"
#include "core/model/convolution.h"
#include "core/model/initial_values.h"
#include "core/model/pretrained/frozen_norm.h"
#include "core/model/pretrained/max_pool.h"
#include "core/model/regulariser.h"
#include "core/model/residual.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

constexpr std::int64_t kWidening = 4;  // of bottleneck blocks

class ImagenetResnet : public SequenceModel {
 public:
  ImagenetResnet(const Parameters& parameters, const Setting& setting)
      : SequenceModel(setting),
        seed_(setting.seed),
        type_(setting.type),
        bottleneck_(parameters.text("block") == "bottleneck") {
    LayerFactory factory(parameters_, seed_);
    auto width = parameters.integer("width");
    addConvolution(trunk_, "trunk.conv1", {setting.inputShape[0], width, 7, 2});
    addNorm(trunk_, "trunk.bn1", width);
    trunk_.add(factory.activation("relu"));
    trunk_.add(std::make_unique<MaxPool>(3, 2, 1));
    auto inputs = width;
    const auto blocks = parameters.integers("blocks");
    for (size_t stage = 0; stage < blocks.size(); ++stage, width *= 2)
      for (std::int64_t block = 0; block < blocks[stage]; ++block) {
        const auto name = fmt::format("trunk.layer{}.{}", stage + 1, block);
        inputs = addBlock(factory, name, inputs, width, stage > 0 && block == 0 ? 2 : 1);
      }
    trunk_.add(factory.meanOverPlaces());
    if (parameters.number("dropout") > 0)
      trunk_.add(factory.dropout(parameters.number("dropout"), generator_));
    addHeads(factory, inputs, parameters);
    parameters_.allocate(setting.type);
  }

 private:
  struct Filters {
    std::int64_t inputs, outputs, side, stride;
  };

  /// Without a bias, which the normalisation behind it has.
  void addConvolution(Sequence& into, const std::string& name, const Filters& filters) {
    const auto& [inputs, outputs, side, stride] = filters;
    const auto weight = name + ".weight";
    const auto bound = 1 / std::sqrt(static_cast<double>(inputs * side * side));
    const auto index = parameters_.add(
        weight, uniformByName(seed_, weight, {outputs, inputs, side, side}, bound), Block());
    into.add(std::make_unique<Convolution>(index, std::nullopt, side / 2, stride));
  }

  void addNorm(Sequence& into, const std::string& name, std::int64_t channels) {
    const auto filled = [&](double value, at::ScalarType type) {
      return at::full({channels}, value, at::TensorOptions().dtype(type));
    };
    const auto weight = parameters_.add(name + ".weight", filled(1, at::kFloat), Block());
    const auto bias = parameters_.add(name + ".bias", filled(0, at::kFloat), Block());
    auto& mean = buffers_[name + ".running_mean"] = filled(0, type_);
    auto& variance = buffers_[name + ".running_var"] = filled(1, type_);
    into.add(std::make_unique<FrozenNorm>(weight, bias, mean, variance));
  }

  /// \param width of the filters in the middle. \returns how many channels it gives.
  std::int64_t addBlock(LayerFactory& factory, const std::string& name, std::int64_t inputs,
                        std::int64_t width, std::int64_t stride) {
    const auto outputs = bottleneck_ ? kWidening * width : width;
    Sequence branch, shortcut;
    const auto addPart = [&](int number, const Filters& filters) {
      addConvolution(branch, fmt::format("{}.conv{}", name, number), filters);
      addNorm(branch, fmt::format("{}.bn{}", name, number), filters.outputs);
    };
    if (bottleneck_) {
      addPart(1, {inputs, width, 1, 1});
      branch.add(factory.activation("relu"));
    }
    addPart(bottleneck_ ? 2 : 1, {bottleneck_ ? width : inputs, width, 3, stride});
    branch.add(factory.activation("relu"));
    addPart(bottleneck_ ? 3 : 2, {width, outputs, bottleneck_ ? 1 : 3, 1});
    if (stride > 1 || inputs != outputs) {
      addConvolution(shortcut, name + ".downsample.0", {inputs, outputs, 1, stride});
      addNorm(shortcut, name + ".downsample.1", outputs);
    }
    trunk_.add(std::make_unique<Residual>(std::move(branch), std::move(shortcut)));
    trunk_.add(factory.activation("relu"));
    return outputs;
  }

  std::uint64_t seed_;
  at::ScalarType type_;
  bool bottleneck_;
};

void checkImagenetResnet(const Parameters& parameters, const Setting& setting) {
  if (setting.inputShape.size() != 3)
    fail("model.id: imagenet_resnet needs images [channels, height, width], found inputs [{}]",
         fmt::join(setting.inputShape, ", "));
  const auto stages = parameters.integers("blocks").size();
  if (stages == 0) fail("model.blocks: needs at least one stage, found []");
  if (stages > 8) fail("model.blocks: {} stages are above 8", stages);
}

}  // namespace

CatalogRow<Model, const Setting&> imagenetResnetRow() {
  Descriptor descriptor;
  descriptor.id = "imagenet_resnet";
  descriptor.title = "ResNet for weights of ImageNet";
  descriptor.summary =
      "A shared trunk that is torchvision's ResNet-18, or 34 or 50 by its parameters, up to the "
      "mean over places, and a head a task; init.file with the map resnet-torchvision brings "
      "weights. The statistics of batch normalisation stay as they are.";
  descriptor.formula =
      "h ← relu(s(h) + bn(conv(relu(bn(conv(h)))))); bn(x) = γ (x − μ) / √(σ² + 1e-5) + β with "
      "constant μ, σ²; z = mean over places; ŷ_k = V_k z + c_k";
  descriptor.citation = "He et al., Deep residual learning for image recognition, CVPR 2016";
  descriptor.parameters = {
      ParameterSpec::choice("block", "basic", {"basic", "bottleneck"},
                            "Two convolutions (ResNet-18 and 34), or three of which the last has "
                            "four times the filters (ResNet-50)"),
      ParameterSpec::integerList("blocks", {2, 2, 2, 2},
                                 "Residual blocks of each stage: [3, 4, 6, 3] for ResNet-34 and 50")
          .from(1)
          .to(1024),
      ParameterSpec::integer("width", 64,
                             "Filters of the first stage; each other has twice as many")
          .from(1)
          .to(1024),
      dropoutSpec("Probability of dropping a feature that the heads read"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            checkImagenetResnet(parameters, setting);
            return std::make_unique<ImagenetResnet>(parameters, setting);
          }};
}

}  // namespace eq::model
