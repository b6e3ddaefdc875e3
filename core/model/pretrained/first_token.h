#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// The first token of every example, [N, T, width] -> [N, width].
class FirstToken : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
};

}  // namespace eq::model
