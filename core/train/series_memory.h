#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/train/series_expression.h"

namespace eq::train {

/// What a quantity of an expression remembers of its series: the one place where the functions are
/// calculated, value by value for a rule inside the trainer, over a whole series for a filter.
class SeriesMemory {
 public:
  explicit SeriesMemory(const SeriesQuantity& quantity);

  /// The series got a value: what was measured, NaN included; nothing where there was nothing to
  /// measure (a task that is off). Of conflict.frequency, the share of pairs below 0.
  /// \param step never falls.
  void add(std::int64_t step, double value);
  /// Absent where there are too few values. `final` is the newest value: whether the run has
  /// finished is for the caller to know.
  SeriesValue value() const;
  /// The windows of no_better, mean, slope and conflict.frequency begin anew after `step`; the best
  /// value stays.
  void restart(std::int64_t step);

  /// What was measured up to now is of another loss: nothing is remembered of it.
  void forget(std::int64_t step);

  /// Everything, NaN included, to go on from.
  std::vector<double> state() const;
  /// \throws Error when these are not numbers that `state` of such a quantity gives.
  void restore(const std::vector<double>& numbers);

 private:
  struct Sample {
    std::int64_t step = 0;
    double value = 0;
  };

  bool hasWindow() const;
  void addToWindow(std::int64_t step, double value);
  bool isBetter(double value) const;
  double mean() const;
  double slope() const;

  SeriesFunction function_;
  bool higher_;
  std::int64_t count_;
  std::int64_t started_ = 0;    ///< step after which the windows began
  std::int64_t step_ = 0;       ///< of the newest value
  std::int64_t sinceBest_ = 0;  ///< values in the window of no_better
  std::optional<double> newest_, best_;
  double smoothSum_ = 0, smoothPower_ = 1;  ///< weight^count
  std::deque<Sample> window_;
};

}  // namespace eq::train
