#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// Convolution, ReLU and max pooling as one layer, because gradients go through the three cheaper
/// together: ReLU commutes with pooling, and only the pooled maxima have a gradient at all.
class ConvolutionStage : public Layer {
 public:
  /// \param pool side of the squares that are pooled, and their distance.
  ConvolutionStage(size_t weight, size_t bias, std::int64_t padding, std::int64_t pool)
      : weight_(weight), bias_(bias), padding_(padding), pool_(pool) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {weight_, bias_}; }
  std::int64_t padding() const { return padding_; }

 private:
  at::Tensor backByKernel(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                          bool further) const;
  at::Tensor backByProducts(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                            bool further) const;

  size_t weight_, bias_;
  std::int64_t padding_, pool_;
};

}  // namespace eq::model
