#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/model/layer.h"

namespace eq::model {

/// A full layer over units: those of a full layer, [N, units], or of maps, the same at each place
/// (a 1 x 1 convolution), [N, units, height, width].
class UnitLayer {
 public:
  struct Size {
    std::int64_t inputs = 1, outputs = 1;
    bool maps = false;  ///< whether it is one of maps: its weight is [outputs, inputs, 1, 1]
  };

  /// Adds its weight and its bias.
  /// \param seed both are uniform in ±1/√inputs from streams by their names; without, exactly 0.
  UnitLayer(ParameterBuffer& parameters, const std::string& name, const Size& size,
            std::optional<std::uint64_t> seed, const Block& block);

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters,
                     const Pass& pass) const;

 private:
  size_t weight_, bias_;
};

/// [units] The mean of [N, units, ...] over places and over the examples, without second views.
at::Tensor meanOfUnits(const Pass& pass, const at::Tensor& values);

}  // namespace eq::model
