#pragma once

#include <ATen/core/Tensor.h>

#include "core/model/model.h"

namespace eq::train {

/// A model whose parameters are elsewhere as long as this lives. They are put back from a copy, to
/// the bit.
class Perturbed {
 public:
  /// \param offset of all parameters, flat. \pre no pass is on its way through the model.
  Perturbed(model::Model& network, const at::Tensor& offset);
  ~Perturbed();
  Perturbed(const Perturbed&) = delete;
  Perturbed& operator=(const Perturbed&) = delete;

 private:
  at::Tensor values_, before_;
};

}  // namespace eq::train
