#include "core/model/resnet.h"

#include "core/base/error.h"
#include "core/model/regulariser.h"
#include "core/model/residual.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

class Resnet : public SequenceModel {
 public:
  Resnet(const Parameters& parameters, const Setting& setting)
      : SequenceModel(setting), groups_(parameters.integer("groups")) {
    LayerFactory factory(parameters_, setting.seed);
    const auto channels = parameters.integers("channels");
    trunk_.add(
        factory.convolution("trunk.stem", setting.inputShape[0], channels[0], 3, 1, Block()));
    auto inputs = channels[0];
    for (size_t stage = 0; stage < channels.size(); ++stage)
      for (std::int64_t block = 0; block < parameters.integer("blocks"); ++block) {
        const auto name = fmt::format("trunk.{}.{}", stage, block);
        addBlock(factory, name, inputs, channels[stage], stage > 0 && block == 0);
        inputs = channels[stage];
      }
    trunk_.add(factory.meanOverPlaces());
    if (parameters.number("dropout") > 0)
      trunk_.add(factory.dropout(parameters.number("dropout"), generator_));
    addHeads(factory, inputs, parameters);
    parameters_.allocate(setting.type);
  }

 private:
  /// \param halves whether it begins a stage with half as many rows and columns.
  void addBlock(LayerFactory& factory, const std::string& name, std::int64_t inputs,
                std::int64_t outputs, bool halves) {
    const std::int64_t stride = halves ? 2 : 1;
    Sequence branch, shortcut;
    branch.add(factory.groupNorm(name + ".norm1", inputs, groups_, Block()));
    branch.add(factory.convolution(name + ".conv1", inputs, outputs, 3, stride, Block()));
    branch.add(factory.groupNorm(name + ".norm2", outputs, groups_, Block()));
    branch.add(factory.convolution(name + ".conv2", outputs, outputs, 3, 1, Block()));
    if (halves)
      shortcut.add(factory.convolution(name + ".shortcut", inputs, outputs, 1, stride, Block()));
    trunk_.add(std::make_unique<Residual>(std::move(branch), std::move(shortcut)));
    trunk_.add(factory.activation("relu"));
  }

  std::int64_t groups_;
};

void checkResnet(const Parameters& parameters, const Setting& setting) {
  if (setting.inputShape.size() != 3)
    fail("model.id: resnet needs images [channels, height, width], found inputs [{}]",
         fmt::join(setting.inputShape, ", "));
  const auto channels = parameters.integers("channels");
  if (channels.empty()) fail("model.channels: needs at least one stage, found []");
  const auto groups = parameters.integer("groups");
  for (size_t i = 0; i < channels.size(); ++i)
    if (channels[i] % groups != 0)
      fail("model.groups: {} does not divide the {} channels of stage {}", groups, channels[i],
           i + 1);
}

}  // namespace

CatalogRow<Model, const Setting&> resnetRow() {
  Descriptor descriptor;
  descriptor.id = "resnet";
  descriptor.title = "Residual network";
  descriptor.summary =
      "A shared trunk of residual blocks with group normalisation, which halve the image between "
      "stages, and a head a task that reads the mean over places.";
  descriptor.formula =
      "h ← relu(h + conv(relu(gn(conv(relu(gn(h))))))); z = mean over places; ŷ_k = V_k z + c_k";
  descriptor.citation =
      "He et al., Deep residual learning for image recognition, CVPR 2016; Wu and He, Group "
      "normalization, ECCV 2018";
  descriptor.parameters = {
      ParameterSpec::integerList("channels", {16, 32}, "Filters of each stage").from(1).to(65536),
      ParameterSpec::integer("blocks", 1, "Residual blocks of each stage").from(1).to(65536),
      ParameterSpec::integer("groups", 8, "Groups of channels that are normalised together")
          .from(1)
          .to(65536),
      dropoutSpec("Probability of dropping a feature that the heads read"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            checkResnet(parameters, setting);
            return std::make_unique<Resnet>(parameters, setting);
          }};
}

}  // namespace eq::model
