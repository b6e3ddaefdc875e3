#pragma once

#include <array>
#include <vector>

namespace eq {

/// Two losses over a plane with two valleys, between which a high ridge stands (B. Liu et al.,
/// CAGrad, 2021). Plain numbers, for plots and fronts; the dataset two_valleys computes the same
/// with gradients.
class TwoValleys {
 public:
  using Point = std::array<double, 2>;

  /// \param scale factors of the two losses, > 0.
  explicit TwoValleys(Point scale = {1, 1}) : scale_(scale) {}

  Point losses(double x1, double x2) const;
  /// Of each loss in (x1, x2). At a kink they are those that automatic differentiation of the
  /// formula gives.
  std::array<Point, 2> gradients(double x1, double x2) const;
  double meanLoss(double x1, double x2) const;

  struct FrontPoint {
    Point x;
    Point losses;
  };
  /// The Pareto front from the first loss's minimum to the second's: minimisers of
  /// w loss1 + (1 - w) loss2, evenly spaced in x1. \param points at least 2.
  std::vector<FrontPoint> front(int points) const;

 private:
  Point scale_;
};

}  // namespace eq
