#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// Group normalisation of maps [N, channels, ...] and ReLU, as one layer because gradients go
/// through both in one way through memory.
class GroupNorm : public Layer {
 public:
  GroupNorm(size_t weight, size_t bias, std::int64_t groups)
      : weight_(weight), bias_(bias), groups_(groups) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {weight_, bias_}; }

 private:
  size_t weight_, bias_;
  std::int64_t groups_;
};

/// Layer normalisation over the last dimension.
class LayerNorm : public Layer {
 public:
  /// \param leastVariance added to the variance; as in PyTorch.
  LayerNorm(size_t weight, size_t bias, double leastVariance = 1e-5)
      : weight_(weight), bias_(bias), leastVariance_(leastVariance) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {weight_, bias_}; }

 private:
  size_t weight_, bias_;
  double leastVariance_;
};

}  // namespace eq::model
