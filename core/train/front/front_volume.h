#pragma once

#include <optional>

#include "core/metric/points.h"
#include "core/train/records.h"

namespace eq::train {

/// How the front of a run grows: the hypervolume of the tasks' losses at each of its evaluations,
/// all to one reference, the worst losses of the first front and a tenth of their range (1 where
/// there is none), so that another loss for a task makes it say little. Exact up to 200 points of 6
/// tasks, above by 100,000 samples with a seed of 0.
class FrontVolume {
 public:
  /// \param evaluation in the order of the run. \return nothing where it has no front with a point
  /// whose losses are all finite.
  std::optional<double> add(const EvaluationRecord& evaluation);

  /// [K]; empty before the first front.
  const metric::Point& reference() const { return reference_; }

 private:
  metric::Point reference_;
};

/// [points][K] the losses of a front.
metric::Points lossesOf(const std::vector<FrontPoint>& front);

}  // namespace eq::train
