#pragma once

#include <optional>
#include <vector>

#include <Eigen/Core>

#include "core/balance/balancer.h"
#include "core/train/passes.h"
#include "core/train/records.h"
#include "core/train/run_parts.h"

namespace eq::train {

/// What one step measures of its pass, for the balancer and for the record, each thing at most
/// once. What a balancer newly asks for (rows, losses of another batch) is measured here.
class StepMeasurement {
 public:
  /// \pre both outlive the measurement; the pass is not ended before the last call.
  StepMeasurement(const RunParts& parts, BatchPass& pass) : parts_(parts), pass_(pass) {}

  /// What the pass of the step to come is for.
  static gradient::Purpose purpose(const RunParts& parts);

  /// What the balancer reads, as it asks for it.
  balance::Inputs inputs();

  /// On sampled steps, else nothing. \param weights [K] of the direction taken.
  std::optional<ConflictRecord> conflict(const std::vector<double>& weights);

  /// The active tasks whose gradient is known not to be finite, from the Gramians measured so far.
  std::vector<size_t> nonFinite() const;

 private:
  const Eigen::MatrixXd& gramian(bool representation);

  const RunParts& parts_;
  BatchPass& pass_;
  std::optional<Eigen::MatrixXd> exact_, representation_;
  Eigen::VectorXd squares_;  ///< [K] ‖g_k‖², where norms alone were asked for
};

}  // namespace eq::train
