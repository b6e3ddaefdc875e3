#pragma once

#include <memory>

#include <Eigen/Core>

#include "core/train/passes.h"
#include "core/train/sampler.h"
#include "core/train/scheme.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {

/// What looks ahead with a second batch of the training examples, dealt from an order of its own.
class SecondBatch : public Scheme {
 public:
  explicit SecondBatch(const SchemeSetting& setting);

  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;

 protected:
  /// The batch of the step to come, and the second one of the step, which is dealt with this.
  struct Batches {
    BatchPass first, second;
  };
  Batches deal(const RunParts& parts);

 private:
  std::uint64_t seed_;
  std::unique_ptr<Sampler> sampler_;
  nlohmann::json kept_;  ///< its state, until it is made
};

/// [K] the tasks' own factors, 0 for those that take no part.
Eigen::VectorXd factorsOf(const RunParts& parts, const std::vector<char>& active);

/// The gradient of Σ w_k L_k on a batch at the parameters of now, of all parameters in one row.
at::Tensor gradientOfSum(const RunParts& parts, const BatchPass& batch,
                         const std::vector<char>& active, const Eigen::VectorXd& weights);

/// The losses of a batch at the parameters of now, [K] on the device.
at::Tensor lossesOf(const RunParts& parts, const BatchPass& batch, const std::vector<char>& active);

/// −η ∇L_k · v of every task, [K] on the host, by a central difference of the losses along v; 0 for
/// tasks that take no part. \param v [parameters].
Eigen::VectorXd slopesAlong(RunParts& parts, const BatchPass& batch,
                            const std::vector<char>& active, const at::Tensor& v, double rate);

/// How far the optimizer's step would go along a gradient, −η (g + what SGD adds: its momentum and
/// its decay); Adam's own scaling is left out.
at::Tensor virtualStep(const RunParts& parts, const at::Tensor& gradient, double rate);

}  // namespace eq::train
