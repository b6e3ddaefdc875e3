#pragma once

#include "core/model/layer.h"

namespace eq::model {

/// Puts a table of learned tokens [P, width] before those of every example.
class PromptLayer : public Layer {
 public:
  explicit PromptLayer(size_t table) : table_(table) {}

  at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters, const Pass& pass,
                     Trace* trace) const override;
  at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                  bool further) const override;
  std::vector<size_t> parameters() const override { return {table_}; }

 private:
  size_t table_;
};

}  // namespace eq::model
