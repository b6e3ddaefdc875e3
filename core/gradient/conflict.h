#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

namespace eq::gradient {

/// How K gradients disagree, from their Gramian. A zero row (‖g_k‖² <= 1e-24 tr G) or one that is
/// not finite makes all entries of its row and column NaN.
struct Conflict {
  Eigen::VectorXd norms;                ///< [K] ‖g_k‖
  Eigen::MatrixXd cosines;              ///< [K, K] in [-1, 1], diagonal 1
  Eigen::MatrixXd angles;               ///< [K, K] degrees, diagonal 0
  Eigen::MatrixXd magnitudeSimilarity;  ///< [K, K] 2 ‖g_i‖ ‖g_j‖ / (‖g_i‖² + ‖g_j‖²)
  /// [K, K] (1 - cos²) ‖g_i - g_j‖² / ‖g_i + g_j‖², diagonal 0, NaN where g_i = -g_j. Yu et al.,
  /// NeurIPS 2020.
  Eigen::MatrixXd curvature;
  /// σ_max/σ_min of J over the singular values kept (σ² > σ_max² K ε); NaN without any.
  double conditionNumber = 0;
  std::int64_t rank = 0;  ///< how many were kept
  double sumNorm = 0;     ///< ‖sum_k g_k‖ of all rows
};
Conflict conflict(const Eigen::MatrixXd& gramian);

/// The same from the rows themselves, [K, P]: the Gramian holds σ² and ‖sum g_k‖² only to the
/// rounding of the largest. Rows whose squares leave the range of a double are scaled by a power of
/// two first; what of the lengths is not finite then is beyond that range itself.
Conflict conflictOfRows(const Eigen::MatrixXd& jacobian);

/// What a pair of gradients says beside its cosine; see Conflict.
struct PairConflict {
  double angle = 0;  ///< degrees
  double magnitudeSimilarity = 0;
  double curvature = 0;
};
/// From what is recorded of a pair: its norms and its cosine. All NaN where the cosine is.
PairConflict pairConflict(double normI, double normJ, double cosine);

/// (Pairs in conflict, cos < 0)/(pairs that have a cosine); NaN without any. \param cosines [K, K].
double conflictShare(const Eigen::MatrixXd& cosines);

/// What the pairs of tasks did on some steps, which come and may go again. A pair whose cosine is
/// NaN is left out of a step.
class PairCounts {
 public:
  /// \param cosines [K, K], the same K at every call.
  void add(const Eigen::MatrixXd& cosines) { count(cosines, 1); }
  /// Takes back a step that was added.
  void drop(const Eigen::MatrixXd& cosines) { count(cosines, -1); }

  /// [K, K] share of the steps in which the pair conflicts, diagonal 0; NaN for a pair never seen.
  Eigen::MatrixXd shares() const;
  /// [K, K] mean of the cosines, diagonal 1; NaN for a pair never seen.
  Eigen::MatrixXd meanCosines() const;

 private:
  void count(const Eigen::MatrixXd& cosines, int sign);

  Eigen::MatrixXd conflicts_, seen_, sums_;
};

/// How often pairs of tasks conflict (cos < 0) over many steps. Pairs whose cosine is NaN are left
/// out of a step, and a step without any pair out of the means.
class ConflictFrequency {
 public:
  /// \param cosines [K, K], the same K at every call.
  void add(const Eigen::MatrixXd& cosines);

  /// [K, K] share of the steps in which the pair conflicts, diagonal 0; NaN for a pair never seen.
  Eigen::MatrixXd pairs() const { return counts_.shares(); }
  /// Mean over the steps of (pairs in conflict)/(pairs); NaN without any.
  double mean() const { return meanFrom(0); }
  /// The same over the last n - ⌊n/2⌋ of the n steps.
  double lastHalf() const { return meanFrom(shares_.size() / 2); }

 private:
  double meanFrom(size_t first) const;

  PairCounts counts_;
  std::vector<double> shares_;  ///< one a step; NaN without any pair
};

}  // namespace eq::gradient
