#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// A loss that weights the samples of another one: per_sample = w_i ℓ_i, w a constant for the
/// gradient. It does what all such losses share: the base, checks, what is valid; a wrapper of its
/// own is its weights and what it divides by.
class Wrapper : public Loss {
 public:
  void check(const Batch& batch) const override;
  Value evaluate(const Batch& batch, bool perSample = false) const override;
  std::vector<Readout> readouts(const TaskInfo& task) const override {
    return base_->readouts(task);
  }
  at::Tensor decode(const Batch& batch) const override { return base_->decode(batch); }

  /// The weights of the samples, times those of a wrapper that it is around; 0 where a sample does
  /// not count. In the shape of the losses, without a graph.
  at::Tensor sampleWeights(const Batch& batch) const;

 protected:
  /// \param values must hold those of `wrapperParameters`. \throws Error when the base is unknown,
  /// does not take its parameters, or has no value of its own for a sample.
  Wrapper(std::string id, const Parameters& values);

  const std::string& id() const { return id_; }

  /// What is weighted.
  struct Samples {
    at::Tensor losses;  ///< [N], or [B, T] of a base that has a loss a token; detached
    at::Tensor valid;   ///< bool, in their shape
    at::Tensor count;   ///< number of valid samples, at least 1; a scalar of the losses' dtype
  };
  /// Weights in the shape of the losses; what stands at invalid ones does not matter.
  virtual at::Tensor weights(const Batch& batch, const Samples& samples) const = 0;
  /// What the sum is divided by: the number of valid samples.
  virtual at::Tensor divisor(const Batch& batch, const Samples& samples,
                             const at::Tensor& weights) const;
  /// Further rules. \param valid bool [N]: values of other samples do not matter.
  virtual void checkFields(const Batch& batch, const at::Tensor& valid) const;

  /// A further input [N] whose valid entries are finite and in a range.
  void checkField(const Batch& batch, const std::string& name, const at::Tensor& valid,
                  const ParameterSpec& range) const;

 private:
  struct Weighted {
    Value base;
    Samples samples;
    at::Tensor weights;  ///< detached, 0 where a sample does not count
  };
  Weighted weigh(const Batch& batch) const;

  std::string id_, baseId_;
  std::shared_ptr<const Loss> base_;
};

/// What runs record it as.
inline constexpr const char* kEffectiveSampleSize = "effective_sample_size";
/// How many samples of equal weight would say as much: (Σw)² / Σw², in double; 0 without any
/// weight.
at::Tensor effectiveSampleSize(const at::Tensor& weights);

/// `base` after the wrapper's own parameters.
std::vector<ParameterSpec> wrapperParameters(std::vector<ParameterSpec> own);
/// What all wrappers' descriptors share: every kind of task that a base may take.
Descriptor wrapperDescriptor(const std::string& id);

}  // namespace eq::loss
