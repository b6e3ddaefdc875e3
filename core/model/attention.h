#pragma once

#include "core/model/attention_form.h"
#include "core/model/layer.h"

namespace eq::model {

/// Multi-head self-attention of tokens [N, T, width].
class Attention : public Layer {
 public:
  struct Projections {
    std::unique_ptr<Layer> queries, keys, values, output;  ///< full layers, width -> width
  };
  /// \param heads divides the width.
  Attention(Projections projections, std::int64_t heads, const AttentionForm& form);

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override;

 private:
  at::Tensor apart(const at::Tensor& tokens) const;
  at::Tensor joined(const at::Tensor& heads, at::IntArrayRef shape) const;

  Projections projections_;
  std::int64_t heads_;
  const AttentionForm& form_;
};

}  // namespace eq::model
