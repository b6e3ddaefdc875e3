#pragma once

#include <optional>
#include <vector>

#include <Eigen/Core>

#include "core/balance/two_slots.h"
#include "core/train/one_copy.h"
#include "core/train/passes.h"
#include "core/train/pending_conflict.h"
#include "core/train/run_parts.h"

namespace eq::train {

/// What one step measures of its pass, for the balancer and for the record, each thing at most
/// once. What a balancer newly asks for (rows, losses of another batch) is measured here.
class StepMeasurement {
 public:
  /// \pre all outlive the measurement; no pass is ended before the last call.
  /// \param second of another batch; null where the balancer reads one alone.
  StepMeasurement(RunParts& parts, BatchPass& pass, BatchPass* second)
      : parts_(parts), pass_(pass), second_(second) {}

  /// Takes the gradients that a scheme has made in place of those of the pass.
  void take(at::Tensor rows);

  /// What the pass of the step to come is for.
  static gradient::Purpose purpose(const RunParts& parts);

  /// What the balancer reads, as it asks for it, in one copy from the device. It learns from the
  /// losses after the step before, which come with it.
  balance::Inputs inputs();

  /// What the gradient method reads of each part of the trunk, where it works on several. After
  /// `inputs`.
  const std::vector<Eigen::MatrixXd>& parts() const { return ofParts_; }

  /// J, [K, P] on the device.
  const at::Tensor& rows();

  /// G of the rows, in all shared parameters.
  const Eigen::MatrixXd& exact() { return gramian(false); }

  /// On sampled steps, else nothing. \param weights of the direction taken.
  /// \param direction [P], where it has no weights.
  std::optional<PendingConflict> conflict(const balance::Weights& weights,
                                          const at::Tensor& direction);

  /// The active tasks whose gradient is known not to be finite, from the Gramians measured so far.
  std::vector<size_t> nonFinite() const;

 private:
  static gradient::Purpose balancerPurpose(const RunParts& parts);
  at::Tensor products(const balance::Needs& needs);
  at::Tensor crossProducts();
  at::Tensor lastSquares();
  at::Tensor gramiansOfParts();
  /// Whether the method works on several parts; an analytic problem is one.
  bool inParts() const { return !pass_.rows && !parts_.parts.empty(); }
  Eigen::MatrixXd takeParts(const Eigen::VectorXd& numbers);
  void takeProducts(const balance::Needs& needs, balance::Inputs& inputs, const OneCopy& copy,
                    OneCopy::Place place);
  void learn(const Eigen::VectorXd& lossesAfter);
  Eigen::VectorXd wholeValidation() const;
  const Eigen::MatrixXd& gramian(bool representation);

  RunParts& parts_;
  BatchPass& pass_;
  BatchPass* second_;
  at::Tensor rows_;
  bool given_ = false;  ///< whether the rows are those of a scheme
  std::optional<Eigen::MatrixXd> exact_, representation_;
  std::vector<Eigen::MatrixXd> ofParts_;  ///< of two batches, where the method reads their products
  Eigen::VectorXd squares_;               ///< [K] ‖g_k‖², where norms alone were asked for
  Eigen::VectorXd lastSquares_;           ///< the same in the last layer that all share
};

}  // namespace eq::train
