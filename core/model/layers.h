#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "core/model/layer.h"

namespace eq::model {

/// Makes layers with PyTorch's initial values: uniform in ±1/√fan_in for weights and biases, 1 and
/// 0 for scales and shifts of normalisations.
class LayerFactory {
 public:
  LayerFactory(ParameterBuffer& parameters, std::uint64_t seed);

  /// \param name prefix of the parameters' names, "trunk.0".
  std::unique_ptr<Layer> linear(const std::string& name, std::int64_t inputs, std::int64_t outputs,
                                const Block& block);
  /// Convolution, ReLU and max pooling over squares of this side.
  std::unique_ptr<Layer> convolutionStage(const std::string& name, std::int64_t inputs,
                                          std::int64_t outputs, std::int64_t kernel,
                                          std::int64_t padding, std::int64_t pool,
                                          const Block& block);
  /// Convolution that keeps the size of the image, but for its stride; sides of filters are odd.
  std::unique_ptr<Layer> convolution(const std::string& name, std::int64_t inputs,
                                     std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                                     const Block& block);
  /// Group normalisation of maps, and ReLU.
  std::unique_ptr<Layer> groupNorm(const std::string& name, std::int64_t channels,
                                   std::int64_t groups, const Block& block);
  /// Layer normalisation over the last dimension.
  std::unique_ptr<Layer> layerNorm(const std::string& name, std::int64_t width, const Block& block);
  /// Self-attention of tokens [N, T, width]. \param form "softmax" or "linear".
  std::unique_ptr<Layer> attention(const std::string& name, std::int64_t width, std::int64_t heads,
                                   const std::string& form, const Block& block);
  /// Numbers [N, columns] to tokens [N, columns, width], x_j e_j + b_j; both tables are uniform in
  /// ±1/√width (Gorishniy et al., FT-Transformer, 2021).
  std::unique_ptr<Layer> columns(const std::string& name, std::int64_t columns, std::int64_t width,
                                 const Block& block);
  /// A learned position added to each token, uniform in ±1/√width.
  std::unique_ptr<Layer> positions(const std::string& name, std::int64_t tokens, std::int64_t width,
                                   const Block& block);
  /// \param kind "relu", "tanh" or "gelu".
  std::unique_ptr<Layer> activation(const std::string& kind);
  std::unique_ptr<Layer> flatten();
  /// The mean over places of maps, [N, channels, ...], or over tokens where they come first.
  std::unique_ptr<Layer> meanOverPlaces();
  std::unique_ptr<Layer> meanOverTokens();
  /// Images [N, channels, height, width] to their squares [N, T, channels side²].
  std::unique_ptr<Layer> patches(std::int64_t side);
  /// \param generator draws the masks; shared, owned by the model, state saved with it.
  std::unique_ptr<Layer> dropout(double probability, std::shared_ptr<at::Generator> generator);

 private:
  size_t drawn(const std::string& name, std::vector<std::int64_t> shape, std::int64_t fanIn,
               const Block& block);
  size_t filled(const std::string& name, std::int64_t count, double value, const Block& block);

  ParameterBuffer& parameters_;
  at::Generator generator_;
};

}  // namespace eq::model
