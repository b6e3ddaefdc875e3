#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// Batch normalisation of maps [N, channels, ...] with statistics that stay: an affine function of
/// each channel, so that examples do not meet and gradients of tasks are exact as everywhere.
class FrozenNorm : public Layer {
 public:
  /// \param mean, variance [channels], which outlive it.
  FrozenNorm(size_t weight, size_t bias, const at::Tensor& mean, const at::Tensor& variance)
      : weight_(weight), bias_(bias), mean_(mean), variance_(variance) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {weight_, bias_}; }

 private:
  at::Tensor inverse() const;

  size_t weight_, bias_;
  const at::Tensor& mean_;
  const at::Tensor& variance_;
};

}  // namespace eq::model
