#include "core/model/token_encoder.h"

#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/model/regulariser.h"
#include "core/model/residual.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

ParameterSpec encoderSize(const char* name, std::int64_t value, const char* doc) {
  return ParameterSpec::integer(name, value, doc).from(1).to(65536);
}

}  // namespace

std::vector<ParameterSpec> tokenEncoderSpecs() {
  return {
      encoderSize("width", 32, "Numbers of each token"),
      encoderSize("layers", 2, "Pairs of attention and full layers"),
      encoderSize("attention_heads", 4, "Parts of a token that attend each on its own"),
      encoderSize("mlp_ratio", 2, "Width of the hidden full layer, as a multiple of the token's"),
      ParameterSpec::choice("attention", "softmax", {"softmax", "linear"},
                            "How tokens attend; linear costs T instead of T²"),
      dropoutSpec("Probability of dropping a number that a block adds"),
      headHiddenSpec(),
      regularisersSpec(),
  };
}

void checkTokenEncoder(const Parameters& parameters) {
  const auto width = parameters.integer("width"), heads = parameters.integer("attention_heads");
  if (width % heads != 0)
    fail("model.attention_heads: {} does not divide the width {}", heads, width);
}

void addTokenEncoder(Sequence& into, LayerFactory& factory, const Parameters& parameters,
                     const std::shared_ptr<at::Generator>& dropout, const Block& block) {
  const auto width = parameters.integer("width");
  const auto hidden = parameters.integer("mlp_ratio") * width;
  const auto probability = parameters.number("dropout");
  const auto addBlock = [&](Sequence branch) {
    if (probability > 0) branch.add(factory.dropout(probability, dropout));
    into.add(std::make_unique<Residual>(std::move(branch)));
  };
  for (std::int64_t i = 0; i < parameters.integer("layers"); ++i) {
    const auto name = "trunk." + std::to_string(i);
    Sequence attention, mlp;
    attention.add(factory.layerNorm(name + ".norm1", width, block));
    attention.add(factory.attention(name + ".attention", width,
                                    parameters.integer("attention_heads"),
                                    parameters.text("attention"), block));
    addBlock(std::move(attention));
    mlp.add(factory.layerNorm(name + ".norm2", width, block));
    mlp.add(factory.linear(name + ".mlp.0", width, hidden, block));
    mlp.add(factory.activation("gelu"));
    mlp.add(factory.linear(name + ".mlp.1", hidden, width, block));
    addBlock(std::move(mlp));
  }
  into.add(factory.layerNorm("trunk.norm", width, block));
}

}  // namespace eq::model
