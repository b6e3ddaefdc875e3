#include "core/model/transformer.h"

#include "core/base/error.h"
#include "core/model/token_encoder.h"

namespace eq::model {
namespace {

class Transformer : public SequenceModel {
 public:
  Transformer(const Parameters& parameters, const Setting& setting)
      : SequenceModel(setting), width_(parameters.integer("width")) {
    LayerFactory factory(parameters_, setting.seed);
    embed(factory, parameters.integer("patch"), setting.inputShape);
    addTokenEncoder(trunk_, factory, parameters, generator_);
    trunk_.add(factory.meanOverTokens());
    addHeads(factory, width_, parameters);
    parameters_.allocate(setting.type);
  }

 private:
  void embed(LayerFactory& factory, std::int64_t patch, const std::vector<std::int64_t>& shape) {
    if (shape.size() == 1) {
      trunk_.add(factory.columns("trunk.embed", shape[0], width_, Block()));
      return;
    }
    trunk_.add(factory.patches(patch));
    trunk_.add(factory.linear("trunk.embed", shape[0] * patch * patch, width_, Block()));
    const auto tokens = shape[1] / patch * (shape[2] / patch);
    trunk_.add(factory.positions("trunk.embed", tokens, width_, Block()));
  }

  std::int64_t width_;
};

void checkTransformer(const Parameters& parameters, const Setting& setting) {
  const auto& shape = setting.inputShape;
  if ((shape.size() != 1 && shape.size() != 3) || shape[0] < 1)
    fail(
        "model.id: transformer needs images [channels, height, width] or the columns of a table, "
        "found inputs [{}]",
        fmt::join(shape, ", "));
  const auto patch = parameters.integer("patch");
  if (shape.size() == 3 && (shape[1] % patch != 0 || shape[2] % patch != 0))
    fail("model.patch: {} does not divide the height and width of the images, {} x {}", patch,
         shape[1], shape[2]);
  checkTokenEncoder(parameters);
}

}  // namespace

CatalogRow<Model, const Setting&> transformerRow() {
  Descriptor descriptor;
  descriptor.id = "transformer";
  descriptor.title = "Transformer";
  descriptor.summary =
      "A shared encoder over the squares of an image or the columns of a table, with normalisation "
      "before each block, and a head a task that reads the mean over tokens.";
  descriptor.formula =
      "h ← h + Att(LN h); h ← h + W₂ gelu(W₁ LN h); z = mean over tokens of LN h; ŷ_k = V_k z + "
      "c_k";
  descriptor.citation =
      "Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021; Gorishniy et al., Revisiting "
      "deep learning models for tabular data, NeurIPS 2021";
  descriptor.parameters = tokenEncoderSpecs();
  descriptor.parameters.insert(
      descriptor.parameters.begin(),
      ParameterSpec::integer("patch", 4, "Side of the squares that an image is cut into")
          .from(1)
          .to(65536)
          .in("pixels"));
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            checkTransformer(parameters, setting);
            return std::make_unique<Transformer>(parameters, setting);
          }};
}

}  // namespace eq::model
