#pragma once

#include <string>
#include <vector>

#include "core/base/descriptor.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// A loss with a value for each element of a prediction [N] or [N, D]. It does what all such losses
/// share: masks, reduction, checks; a loss of its own is one function.
class ElementLoss : public Loss {
 public:
  void check(const Batch& batch) const override;
  /// value: mean over the valid elements of the whole batch. perSample: mean over the sample's own
  /// valid elements.
  Value evaluate(const Batch& batch, bool perSample = false) const override;

 protected:
  /// \param values must hold the parameters of `elementParameters`.
  ElementLoss(std::string id, const Parameters& values);

  const std::string& id() const { return id_; }

  /// Size of a last axis that the prediction has beyond the target's; 0: their shapes are equal.
  virtual std::int64_t channels() const { return 0; }
  /// Values of the elements, in the target's shape.
  virtual at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const = 0;
  /// Further rules on the batch.
  virtual void checkFurther(const Batch&) const {}

 private:
  std::string id_;
  bool sum_;
};

/// The reduction of element-wise losses. \param values [N, ...]. \param off where `values` do not
/// count, or undefined. \param sum the sum of `perSample` instead of the mean over the elements.
Value pooled(const at::Tensor& values, const at::Tensor& off, bool sum, bool perSample);

/// log cosh x, exact near 0 and far from it.
at::Tensor logCosh(const at::Tensor& x);

/// The parameters that every element-wise loss has, after its own.
std::vector<ParameterSpec> elementParameters(std::vector<ParameterSpec> own);
/// \param prediction what the numbers are: "logits", "numbers".
std::vector<InputField> elementInputs(const std::string& prediction, const std::string& target);

}  // namespace eq::loss
