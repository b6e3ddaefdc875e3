#pragma once

#include <optional>

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
  size_t weight_;
  std::optional<size_t> bias_;
  std::int64_t padding_, stride_;
};

}  // namespace eq::model
