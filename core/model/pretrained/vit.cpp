#include "core/model/pretrained/vit.h"

#include <cmath>

#include <ATen/ops/full.h>

#include "core/base/error.h"
#include "core/model/initial_values.h"
#include "core/model/normalisation.h"
#include "core/model/pretrained/first_token.h"
#include "core/model/prompt_layer.h"
#include "core/model/regulariser.h"
#include "core/model/residual.h"
#include "core/model/token_encoder.h"
#include "core/model/token_layers.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

constexpr double kLeastVitVariance = 1e-6;  // of its normalisations, as in the paper's code

class VisionTransformer : public SequenceModel {
 public:
  VisionTransformer(const Parameters& parameters, const Setting& setting)
      : SequenceModel(setting),
        factory_(parameters_, setting.seed),
        seed_(setting.seed),
        width_(parameters.integer("width")) {
    addTokens(setting.inputShape, parameters.integer("patch"));
    for (std::int64_t i = 0; i < parameters.integer("layers"); ++i)
      addBlocks(fmt::format("trunk.blocks.{}", i), parameters);
    addNorm(trunk_, "trunk.norm");
    trunk_.add(std::make_unique<FirstToken>());
    addHeads(factory_, width_, parameters);
    parameters_.allocate(setting.type);
  }

 private:
  void addTokens(const std::vector<std::int64_t>& shape, std::int64_t patch) {
    const auto squares = shape[1] / patch * (shape[2] / patch);
    trunk_.add(factory_.patches(patch));
    trunk_.add(
        factory_.linear("trunk.patch_embed.proj", shape[0] * patch * patch, width_, Block()));
    trunk_.add(std::make_unique<PromptLayer>(table("trunk.cls_token", 1)));
    trunk_.add(std::make_unique<Positions>(table("trunk.pos_embed", squares + 1)));
  }

  size_t table(const std::string& name, std::int64_t tokens) {
    const auto bound = 1 / std::sqrt(static_cast<double>(width_));
    return parameters_.add(name, uniformByName(seed_, name, {tokens, width_}, bound), Block());
  }

  void addNorm(Sequence& into, const std::string& name) {
    const auto filled = [&](const char* part, double value) {
      return parameters_.add(name + part, at::full({width_}, value, at::kFloat), Block());
    };
    const auto weight = filled(".weight", 1), bias = filled(".bias", 0);
    into.add(std::make_unique<LayerNorm>(weight, bias, kLeastVitVariance));
  }

  /// Attention and a full part.
  void addBlocks(const std::string& name, const Parameters& parameters) {
    const auto hidden = parameters.integer("mlp_ratio") * width_;
    Sequence attention, mlp;
    addNorm(attention, name + ".norm1");
    attention.add(factory_.attention(name + ".attn", width_, parameters.integer("attention_heads"),
                                     "softmax", Block()));
    addResidual(std::move(attention), parameters.number("dropout"));
    addNorm(mlp, name + ".norm2");
    mlp.add(factory_.linear(name + ".mlp.fc1", width_, hidden, Block()));
    mlp.add(factory_.activation("gelu"));
    mlp.add(factory_.linear(name + ".mlp.fc2", hidden, width_, Block()));
    addResidual(std::move(mlp), parameters.number("dropout"));
  }

  void addResidual(Sequence branch, double dropout) {
    if (dropout > 0) branch.add(factory_.dropout(dropout, generator_));
    trunk_.add(std::make_unique<Residual>(std::move(branch)));
  }

  LayerFactory factory_;
  std::uint64_t seed_;
  std::int64_t width_;
};

void checkVit(const Parameters& parameters, const Setting& setting) {
  const auto& shape = setting.inputShape;
  if (shape.size() != 3)
    fail("model.id: vit needs images [channels, height, width], found inputs [{}]",
         fmt::join(shape, ", "));
  const auto patch = parameters.integer("patch");
  if (shape[1] % patch != 0 || shape[2] % patch != 0)
    fail("model.patch: {} does not divide the height and width of the images, {} x {}", patch,
         shape[1], shape[2]);
  checkTokenEncoder(parameters);
}

ParameterSpec sizeOfVit(const char* name, std::int64_t value, const char* doc) {
  return ParameterSpec::integer(name, value, doc).from(1).to(65536);
}

}  // namespace

CatalogRow<Model, const Setting&> vitRow() {
  Descriptor descriptor;
  descriptor.id = "vit";
  descriptor.title = "Vision transformer for weights of ImageNet";
  descriptor.summary =
      "A shared trunk that is timm's ViT-Tiny, or another size by its parameters, and a head a "
      "task "
      "on its class token; init.file with the map vit-timm or vit-torchvision brings weights.";
  descriptor.formula =
      "h = [c; E x] + p; h ← h + Att(LN h); h ← h + W₂ gelu(W₁ LN h); z = LN h at c; ŷ_k = V_k z + "
      "c_k";
  descriptor.citation =
      "Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021; Touvron et al., Training "
      "data-efficient image transformers, ICML 2021";
  descriptor.parameters = {
      sizeOfVit("patch", 16, "Side of the squares that an image is cut into").in("pixels"),
      sizeOfVit("width", 192, "Numbers of each token; ViT-Small: 384"),
      sizeOfVit("layers", 12, "Pairs of attention and full layers"),
      sizeOfVit("attention_heads", 3, "Parts of a token that attend each on its own; ViT-Small: 6"),
      sizeOfVit("mlp_ratio", 4, "Width of the hidden full layer, as a multiple of the token's"),
      dropoutSpec("Probability of dropping a number that a block adds"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            checkVit(parameters, setting);
            return std::make_unique<VisionTransformer>(parameters, setting);
          }};
}

}  // namespace eq::model
