#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "core/model/layer.h"

namespace eq::model {

/// A full layer over units: those of a full layer, [N, units], or of maps, the same at each place
/// (a 1 x 1 convolution), [N, units, height, width].
class UnitLayer {
 public:
  /// Adds its weight and its bias.
  /// \param maps whether it is one of maps: its weight is [outputs, inputs, 1, 1].
  /// \param generator draws both, uniform in ±1/√inputs; null: they begin at exactly 0.
  UnitLayer(ParameterBuffer& parameters, const std::string& name, std::int64_t inputs,
            std::int64_t outputs, bool maps, at::Generator* generator, const Block& block);

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters,
                     const Pass& pass) const;

 private:
  size_t weight_, bias_;
};

/// A stream of initial values by its name.
at::Generator initialValuesOf(std::uint64_t seed, const std::string& name);
/// Adds a parameter that is uniform in ±bound.
size_t addUniform(ParameterBuffer& parameters, const std::string& name,
                  const std::vector<std::int64_t>& shape, double bound, at::Generator& generator,
                  const Block& block);

}  // namespace eq::model
