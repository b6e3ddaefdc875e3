#include "core/model/transformer_layers.h"

#include <iterator>
#include <utility>

#include "core/base/error.h"
#include "core/model/token_encoder.h"

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
  checkTokenEncoder(parameters);
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
  addTokenEncoder(into, factory, parameters_, dropout_, block_);
  into.add(factory.meanOverTokens());
}

std::vector<ParameterSpec> withTransformer(std::vector<ParameterSpec> own) {
  auto all = tokenEncoderSpecs();
  all.insert(all.begin(),
             ParameterSpec::integer("patch", 4, "Side of the squares that an image is cut into")
                 .from(1)
                 .to(65536)
                 .in("pixels"));
  all.insert(all.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return all;
}

}  // namespace eq::model
