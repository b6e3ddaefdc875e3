#pragma once

#include <cstdint>
#include <vector>

namespace eq::metric {

/// Bins of a reliability diagram: of equal width over [0, 1], closed above, the default of `ece`.
inline constexpr std::int64_t kReliabilityBins = 15;
/// The confusion counts of more classes than these are left out: C² numbers an evaluation.
inline constexpr std::int64_t kMostConfusionClasses = 200;

/// The examples whose confidence lies in one bin. Sums, so that they pool.
struct ReliabilityBin {
  double count = 0;
  double confidence = 0;  ///< sum over the examples
  double right = 0;       ///< how many were decided rightly

  /// NaN without examples.
  double meanConfidence() const { return confidence / count; }
  double accuracy() const { return right / count; }
};

struct CalibrationErrors {
  double expected = 0;  ///< Σ (n_b/N) |acc_b − conf_b|
  double maximum = 0;   ///< max_b |acc_b − conf_b|
  double count = 0;     ///< N; without any, both are 0
};
CalibrationErrors calibrationErrors(const std::vector<ReliabilityBin>& bins);

/// What an evaluation says of a task with classes besides its metrics. Ignored examples are in
/// none of the counts.
struct ClassReport {
  std::int64_t classes = 0;
  /// [classes * classes] counts, row by row: row = target, column = prediction, the largest logit,
  /// ties to the lower class. Empty above kMostConfusionClasses.
  std::vector<double> confusion;
  /// [kReliabilityBins] by the probability of the predicted class.
  std::vector<ReliabilityBin> bins;

  double at(std::int64_t target, std::int64_t prediction) const {
    return confusion[static_cast<std::size_t>(target * classes + prediction)];
  }
};

}  // namespace eq::metric
