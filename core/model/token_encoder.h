#pragma once

#include <memory>
#include <vector>

#include "core/base/parameter.h"
#include "core/model/layers.h"

namespace eq::model {

/// The parameters of models with an encoder of tokens: its own, then those of heads.
std::vector<ParameterSpec> tokenEncoderSpecs();

/// \throws Error `model.attention_heads: ...` where they do not divide the width.
void checkTokenEncoder(const Parameters& parameters);

/// Adds the encoder's layers, attention and a full part each with normalisation before, and a last
/// normalisation: tokens [N, T, width] to tokens.
/// \param dropout draws the masks. \param block of its parameters.
void addTokenEncoder(Sequence& into, LayerFactory& factory, const Parameters& parameters,
                     const std::shared_ptr<at::Generator>& dropout, const Block& block = {});

}  // namespace eq::model
