#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// Maxima of squares of a map that may overlap, [N, channels, height, width] -> [N, channels,
/// height', width'].
class MaxPool : public Layer {
 public:
  MaxPool(std::int64_t side, std::int64_t stride, std::int64_t padding)
      : side_(side), stride_(stride), padding_(padding) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;

 private:
  std::int64_t side_, stride_, padding_;
};

}  // namespace eq::model
