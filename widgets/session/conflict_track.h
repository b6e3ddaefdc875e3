#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/gradient/conflict.h"
#include "core/train/records.h"
#include "widgets/session/columns.h"

namespace eq::widgets {

/// What is measured of every pair of tasks on a sampled step.
enum class PairQuantity { cosine, angle, magnitudeSimilarity, curvature };

/// The pairs of tasks are numbered (0, 1), (0, 2), ... (1, 2), ...
int pairCountOf(int tasks);
/// \returns the tasks of a pair, the smaller first.
std::pair<int, int> tasksOfPair(int pair, int tasks);
/// \pre a < b
int pairOf(int a, int b, int tasks);

/// The conflict statistics of the sampled steps, taken at one source. References to columns stay
/// good while it lives.
class ConflictTrack {
 public:
  explicit ConflictTrack(int tasks = 0);

  /// \param there 1 a task that had something to measure, else 0.
  void add(const XPosition& position, const train::ConflictRecord& record, const Column& there);

  XColumns x;
  std::vector<Column> norms;  ///< [task] of the gradients of the raw losses
  Column conditionNumber;
  /// 1 where there was something to measure, 0 where a task was off or without a label (and the
  /// value is NaN): [task], [pair], and for what needs any pair.
  std::vector<Column> taskThere, pairThere;
  Column anyThere;
  Column share;      ///< pairs with a cosine below 0 / pairs that have one; NaN without any
  Column meanShare;  ///< mean of `share` up to here: the conflict frequency
  Column halfShare;  ///< the same of the last n - n/2 of n samples
  Column updateNorm;

  /// One pair's values, a row a sample. Calculated when asked for: of many tasks few pairs are
  /// looked at.
  const Column& pair(PairQuantity quantity, int pair) const;
  double pairValue(PairQuantity quantity, int pair, std::size_t sample) const;
  /// [task, task] over all samples, and over the last n - n/2 of n.
  Eigen::MatrixXd frequencies() const { return whole_.shares(); }
  Eigen::MatrixXd lastHalfFrequencies() const { return half_.shares(); }
  Eigen::MatrixXd meanCosines() const { return whole_.meanCosines(); }
  /// The pairs by rising mean cosine, those without one last.
  std::vector<int> worstPairs() const;

 private:
  void addShares(double share);

  int tasks_;
  std::vector<Column> cosines_;  ///< [sample][pair]
  gradient::PairCounts whole_, half_;
  std::size_t halfFrom_ = 0;  ///< the first sample of the last half
  double wholeSum_ = 0, halfSum_ = 0;
  std::int64_t wholeCount_ = 0, halfCount_ = 0;
  mutable std::map<std::pair<PairQuantity, int>, Column> pairs_;
};

}  // namespace eq::widgets
