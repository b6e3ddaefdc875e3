#pragma once

#include <array>
#include <optional>
#include <tuple>

#include "core/model/layer.h"

namespace eq::model {

/// A convolution, [N, in, height, width] -> [N, out, height', width'].
class Convolution : public Layer {
 public:
  /// \param bias nothing: there is none.
  Convolution(size_t weight, std::optional<size_t> bias, std::int64_t padding, std::int64_t stride)
      : weight_(weight), bias_(bias), padding_(padding), stride_(stride) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override {
    return bias_ ? std::vector<size_t>{weight_, *bias_} : std::vector<size_t>{weight_};
  }
  std::int64_t padding() const { return padding_; }
  std::int64_t stride() const { return stride_; }

 private:
  /// dW of every task as one product with the patches, [K, out in q q].
  at::Tensor weightsByProduct(const at::Tensor& outputs, const at::Tensor& input,
                              const at::Tensor& weight) const;
  /// The same by the library's convolutions: the filters of some tasks are as many more of one.
  at::Tensor weightsOfFilters(const at::Tensor& outputs, const at::Tensor& input,
                              const at::Tensor& weight) const;
  /// Gradients in the input, [K, N, in, ...], of filters that see a point each.
  at::Tensor inputsOfPoints(const at::Tensor& outputs, const at::Tensor& input,
                            const at::Tensor& weight) const;
  at::Tensor inputsOfFilters(const at::Tensor& outputs, const at::Tensor& input,
                             const at::Tensor& weight) const;
  /// \param wanted in the input, in the weight.
  std::tuple<at::Tensor, at::Tensor> backward(const at::Tensor& outputs, const at::Tensor& input,
                                              const at::Tensor& weight,
                                              std::array<bool, 2> wanted) const;

  size_t weight_;
  std::optional<size_t> bias_;
  std::int64_t padding_, stride_;
};

}  // namespace eq::model
