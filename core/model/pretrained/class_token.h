#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// Puts a learned token before those of every example, [N, T, width] -> [N, 1 + T, width].
class ClassToken : public Layer {
 public:
  /// \param token [1, width].
  explicit ClassToken(size_t token) : token_(token) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {token_}; }

 private:
  size_t token_;
};

/// The first token of every example, [N, T, width] -> [N, width].
class FirstToken : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
};

}  // namespace eq::model
