// Layers of which blocks of deep models are made.
#include <utility>

#include <ATen/ops/full.h>

#include "core/model/attention.h"
#include "core/model/convolution.h"
#include "core/model/layers.h"
#include "core/model/normalisation.h"
#include "core/model/token_layers.h"

namespace eq::model {

size_t LayerFactory::filled(const std::string& name, std::int64_t count, double value,
                            const Block& block) {
  return parameters_.add(name, at::full({count}, value, at::TensorOptions().dtype(at::kFloat)),
                         block);
}

std::unique_ptr<Layer> LayerFactory::convolution(const std::string& name, std::int64_t inputs,
                                                 std::int64_t outputs, std::int64_t kernel,
                                                 std::int64_t stride, const Block& block) {
  const auto fanIn = inputs * kernel * kernel;
  const auto weight = drawn(name + ".weight", {outputs, inputs, kernel, kernel}, fanIn, block);
  const auto bias = drawn(name + ".bias", {outputs}, fanIn, block);
  return std::make_unique<Convolution>(weight, bias, kernel / 2, stride);
}

std::unique_ptr<Layer> LayerFactory::groupNorm(const std::string& name, std::int64_t channels,
                                               std::int64_t groups, const Block& block) {
  const auto weight = filled(name + ".weight", channels, 1, block);
  const auto bias = filled(name + ".bias", channels, 0, block);
  return std::make_unique<GroupNorm>(weight, bias, groups);
}

std::unique_ptr<Layer> LayerFactory::layerNorm(const std::string& name, std::int64_t width,
                                               const Block& block) {
  const auto weight = filled(name + ".weight", width, 1, block);
  const auto bias = filled(name + ".bias", width, 0, block);
  return std::make_unique<LayerNorm>(weight, bias);
}

std::unique_ptr<Layer> LayerFactory::attention(const std::string& name, std::int64_t width,
                                               std::int64_t heads, const std::string& form,
                                               const Block& block) {
  const auto projection = [&](const char* part) {
    return linear(name + "." + part, width, width, block);
  };
  Attention::Projections projections;
  projections.queries = projection("query");
  projections.keys = projection("key");
  projections.values = projection("value");
  projections.output = projection("output");
  return std::make_unique<Attention>(std::move(projections), heads, attentionForm(form));
}

std::unique_ptr<Layer> LayerFactory::columns(const std::string& name, std::int64_t columns,
                                             std::int64_t width, const Block& block) {
  const auto weight = drawn(name + ".weight", {columns, width}, width, block);
  const auto bias = drawn(name + ".bias", {columns, width}, width, block);
  return std::make_unique<Columns>(weight, bias);
}

std::unique_ptr<Layer> LayerFactory::positions(const std::string& name, std::int64_t tokens,
                                               std::int64_t width, const Block& block) {
  return std::make_unique<Positions>(drawn(name + ".positions", {tokens, width}, width, block));
}

std::unique_ptr<Layer> LayerFactory::meanOverPlaces() {
  return std::make_unique<Mean>(false);
}

std::unique_ptr<Layer> LayerFactory::meanOverTokens() {
  return std::make_unique<Mean>(true);
}

std::unique_ptr<Layer> LayerFactory::patches(std::int64_t side) {
  return std::make_unique<Patches>(side);
}

}  // namespace eq::model
