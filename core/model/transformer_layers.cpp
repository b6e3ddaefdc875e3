#include "core/model/transformer_layers.h"

#include <iterator>
#include <utility>

#include "core/base/error.h"
#include "core/model/regulariser.h"
#include "core/model/residual.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

void checkTransformer(const Parameters& parameters, const Setting& setting, const std::string& id) {
  const auto& shape = setting.inputShape;
  if ((shape.size() != 1 && shape.size() != 3) || shape[0] < 1)
    fail(
        "model.id: {} needs images [channels, height, width] or the columns of a table, found "
        "inputs [{}]",
        id, fmt::join(shape, ", "));
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

TransformerLayers::TransformerLayers(const Parameters& parameters, const Setting& setting,
                                     const std::string& id, Block block,
                                     std::shared_ptr<at::Generator> dropout)
    : parameters_(parameters),
      inputShape_(setting.inputShape),
      block_(std::move(block)),
      dropout_(std::move(dropout)),
      width_(parameters.integer("width")) {
  checkTransformer(parameters, setting, id);
}

void TransformerLayers::addEmbedding(Sequence& into, LayerFactory& factory) const {
  const auto& shape = inputShape_;
  if (shape.size() == 1) {
    into.add(factory.columns("trunk.embed", shape[0], width_, block_));
    return;
  }
  const auto patch = parameters_.integer("patch");
  into.add(factory.patches(patch));
  into.add(factory.linear("trunk.embed", shape[0] * patch * patch, width_, block_));
  const auto tokens = shape[1] / patch * (shape[2] / patch);
  into.add(factory.positions("trunk.embed", tokens, width_, block_));
}

void TransformerLayers::addEncoder(Sequence& into, LayerFactory& factory) const {
  for (std::int64_t i = 0; i < parameters_.integer("layers"); ++i)
    addPair(into, factory, "trunk." + std::to_string(i));
  into.add(factory.layerNorm("trunk.norm", width_, block_));
  into.add(factory.meanOverTokens());
}

void TransformerLayers::addPair(Sequence& into, LayerFactory& factory,
                                const std::string& name) const {
  Sequence attention, mlp;
  attention.add(factory.layerNorm(name + ".norm1", width_, block_));
  attention.add(factory.attention(name + ".attention", width_,
                                  parameters_.integer("attention_heads"),
                                  parameters_.text("attention"), block_));
  addBranch(into, factory, std::move(attention));
  const auto hidden = parameters_.integer("mlp_ratio") * width_;
  mlp.add(factory.layerNorm(name + ".norm2", width_, block_));
  mlp.add(factory.linear(name + ".mlp.0", width_, hidden, block_));
  mlp.add(factory.activation("gelu"));
  mlp.add(factory.linear(name + ".mlp.1", hidden, width_, block_));
  addBranch(into, factory, std::move(mlp));
}

void TransformerLayers::addBranch(Sequence& into, LayerFactory& factory, Sequence branch) const {
  const auto dropout = parameters_.number("dropout");
  if (dropout > 0) branch.add(factory.dropout(dropout, dropout_));
  into.add(std::make_unique<Residual>(std::move(branch)));
}

std::vector<ParameterSpec> withTransformer(std::vector<ParameterSpec> own) {
  std::vector<ParameterSpec> all{
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
  all.insert(all.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return all;
}

}  // namespace eq::model
