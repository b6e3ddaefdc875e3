#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// h + f(h), or s(h) + f(h) where a shortcut changes the shape: on the way down the gradients of
/// both branches add up.
class Residual : public Layer {
 public:
  explicit Residual(Sequence branch, Sequence shortcut = {})
      : branch_(std::move(branch)), shortcut_(std::move(shortcut)) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override;

 private:
  Sequence branch_, shortcut_;
};

}  // namespace eq::model
