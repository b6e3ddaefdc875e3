#include "core/model/transformer.h"

#include "core/base/error.h"
#include "core/model/regulariser.h"
#include "core/model/residual.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

class Transformer : public SequenceModel {
 public:
  Transformer(const Parameters& parameters, const Setting& setting)
      : SequenceModel(setting),
        width_(parameters.integer("width")),
        dropout_(parameters.number("dropout")) {
    LayerFactory factory(parameters_, setting.seed);
    embed(factory, parameters.integer("patch"), setting.inputShape);
    for (std::int64_t i = 0; i < parameters.integer("layers"); ++i)
      addLayer(factory, "trunk." + std::to_string(i), parameters);
    trunk_.add(factory.layerNorm("trunk.norm", width_, Block()));
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

  void addLayer(LayerFactory& factory, const std::string& name, const Parameters& parameters) {
    Sequence attention, mlp;
    attention.add(factory.layerNorm(name + ".norm1", width_, Block()));
    attention.add(factory.attention(name + ".attention", width_,
                                    parameters.integer("attention_heads"),
                                    parameters.text("attention"), Block()));
    addBlock(factory, std::move(attention));
    const auto hidden = parameters.integer("mlp_ratio") * width_;
    mlp.add(factory.layerNorm(name + ".norm2", width_, Block()));
    mlp.add(factory.linear(name + ".mlp.0", width_, hidden, Block()));
    mlp.add(factory.activation("gelu"));
    mlp.add(factory.linear(name + ".mlp.1", hidden, width_, Block()));
    addBlock(factory, std::move(mlp));
  }

  void addBlock(LayerFactory& factory, Sequence branch) {
    if (dropout_ > 0) branch.add(factory.dropout(dropout_, generator_));
    trunk_.add(std::make_unique<Residual>(std::move(branch)));
  }

  std::int64_t width_;
  double dropout_;
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
  const auto width = parameters.integer("width"), heads = parameters.integer("attention_heads");
  if (width % heads != 0)
    fail("model.attention_heads: {} does not divide the width {}", heads, width);
}

ParameterSpec sizeSpec(const char* name, std::int64_t value, const char* doc) {
  return ParameterSpec::integer(name, value, doc).from(1).to(65536);
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
  descriptor.parameters = {
      sizeSpec("patch", 4, "Side of the squares that an image is cut into").in("pixels"),
      sizeSpec("width", 32, "Numbers of each token"),
      sizeSpec("layers", 2, "Pairs of attention and full layers"),
      sizeSpec("attention_heads", 4, "Parts of a token that attend each on its own"),
      sizeSpec("mlp_ratio", 2, "Width of the hidden full layer, as a multiple of the token's"),
      ParameterSpec::choice("attention", "softmax", {"softmax", "linear"},
                            "How tokens attend; linear costs T instead of T²"),
      dropoutSpec("Probability of dropping a number that a block adds"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            checkTransformer(parameters, setting);
            return std::make_unique<Transformer>(parameters, setting);
          }};
}

}  // namespace eq::model
