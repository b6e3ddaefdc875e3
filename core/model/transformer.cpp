#include "core/model/transformer.h"

#include "core/model/transformer_layers.h"

namespace eq::model {
namespace {

class Transformer : public SequenceModel {
 public:
  Transformer(const Parameters& parameters, const Setting& setting) : SequenceModel(setting) {
    const TransformerLayers layers(parameters, setting, "transformer", Block(), generator_);
    LayerFactory factory(parameters_, setting.seed);
    layers.addEmbedding(trunk_, factory);
    layers.addEncoder(trunk_, factory);
    addHeads(factory, layers.width(), parameters);
    parameters_.allocate(setting.type);
  }
};

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
  descriptor.parameters = withTransformer({});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<Transformer>(parameters, setting);
          }};
}

}  // namespace eq::model
