#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/run/run_folder.h"
#include "core/study/sweep/sweep_spec.h"
#include "core/train/experiment.h"

namespace eq::study {

/// How far one run has come, for successive halving.
struct Standing {
  bool over = false;                          ///< finished or failed: it goes on no more
  bool busy = false;                          ///< is being trained, or waited for
  std::vector<std::optional<double>> values;  ///< the metric at each rung that was reached; nothing
                                              ///< where it is missing or not a number
};

/// Asynchronous successive halving (Li et al., A System for Massively Parallel Hyperparameter
/// Tuning, MLSys 2020): of the runs that reached a rung, the best 1/reduction go on to the next.
class Rungs {
 public:
  /// \param totalSteps of the longest run: the last rung.
  Rungs(const SweepSpec& sweep, std::int64_t totalSteps);

  const std::vector<std::int64_t>& steps() const { return steps_; }

  /// What a person should know where no run of so many was promoted to the last rung.
  std::string whyNoneEnds(std::int64_t runs) const;

  /// The next run and the rung it is to reach: the highest promotion that there is, else a run
  /// that has not begun, else one that was interrupted below its rung.
  struct Choice {
    size_t run = 0;
    size_t rung = 0;
  };
  std::optional<Choice> next(const std::vector<Standing>& standings) const;

 private:
  std::optional<size_t> promotion(size_t rung, const std::vector<Standing>& standings) const;
  bool isBetter(const std::optional<double>& a, const std::optional<double>& b) const;

  std::vector<std::int64_t> steps_;
  std::int64_t reduction_;
  bool maximise_;
};

/// \pre the experiment's tasks and metrics are spelled out.
/// \throws Error naming what of the metric its runs do not have when they stop at a rung.
void requireMetric(const SweepMetric& metric, const train::Experiment& experiment);

/// \param loss of the task in the runs before; becomes that of this one.
/// \throws Error where runs would be compared by values of unlike losses, or of one loss with other
/// parameters.
void requireSameLoss(const SweepMetric& metric, const train::Experiment& experiment,
                     std::optional<train::MethodSpec>& loss);

/// The metric of a run at the evaluations made at these steps. \throws Error naming the task or
/// metric when the run has none such.
std::vector<std::optional<double>> valuesAt(const run::RunReader& reader, const SweepMetric& metric,
                                            const std::vector<std::int64_t>& steps);

}  // namespace eq::study
