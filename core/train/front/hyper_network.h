#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/gradient/engine.h"
#include "core/metric/points.h"
#include "core/model/model.h"

namespace eq::train {

/// Makes a model's parameters of a preference: full layers from α to h(α) with ReLU between them,
/// and for each tensor of the model one more, θ_i = W_i h(α) + b_i. Each b_i begins as the model's
/// own first values, so that what norms and gates need is there. What the model does not train
/// stays its own. Names "hyper.0.weight" of the layers, "hyper.<name>.weight" of tensors.
class HyperNetwork {
 public:
  struct Size {
    std::int64_t tasks = 2, hidden = 100, layers = 3;
  };
  HyperNetwork(const model::Model& target, const Size& size, std::uint64_t seed,
               at::ScalarType type = at::kFloat);

  model::ParameterBuffer& parameters() { return parameters_; }
  const model::ParameterBuffer& parameters() const { return parameters_; }

  /// Puts the model at θ(α), without a graph.
  void generateInto(model::Model& target, const metric::Point& preference) const;

  /// Gradients by its own parameters. \param gradients by parameter of the model, where it stood at
  /// θ(α); undefined where nothing flows.
  gradient::Gradients pulled(const gradient::Gradients& gradients,
                             const metric::Point& preference) const;

 private:
  struct Map {
    size_t target = 0;  ///< index of the parameter that it makes
    std::vector<std::int64_t> shape;
    std::unique_ptr<model::Layer> layer;
  };

  at::Tensor hidden(const metric::Point& preference) const;
  at::Tensor made(const Map& map, const at::Tensor& hidden) const;

  std::vector<std::unique_ptr<model::Layer>> layers_;
  std::vector<Map> maps_;
  model::ParameterBuffer parameters_;
};

}  // namespace eq::train
