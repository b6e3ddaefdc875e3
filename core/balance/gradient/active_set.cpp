#include "core/balance/gradient/active_set.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <Eigen/QR>

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// What is left of an equation that cannot be fulfilled, as a share of its right side.
constexpr double kInconsistent = 1e-8;

/// A convex program in u >= 0 with the objective uᵀ C u / 2 + linearᵀ u. The variables do not feel
/// the scale of the rows: u_i is a weight times ‖g_i‖, so that C is the matrix of cosines.
class ActiveSet {
 public:
  virtual ~ActiveSet() = default;

 protected:
  explicit ActiveSet(const MatrixXd& gramian)
      : norms_(gramian.diagonal().cwiseSqrt()), u_(VectorXd::Zero(norms_.size())) {
    cosines_ = norms_.cwiseInverse().asDiagonal() * gramian * norms_.cwiseInverse().asDiagonal();
  }

  /// From the support given to the optimum.
  void solve() {
    descendOnSupport();
    const auto limit = 100 * (norms_.size() + 10);
    for (Index i = 0; i < limit; ++i) {
      const Index entering = mostViolated();
      if (entering < 0) return;
      const auto before = support_;
      support_.push_back(entering);
      descendOnSupport();
      // What entered left at once: only rounding spoke for it.
      if (support_ == before) return;
    }
  }

  VectorXd norms_, u_, linear_;
  MatrixXd cosines_;
  std::vector<Index> support_;

 private:
  /// The minimum, in the support's order, were its entries free to be negative.
  virtual VectorXd minimumOnSupport() const = 0;
  /// What the slope of the objective has to reach outside the support.
  virtual VectorXd levels(const VectorXd& slope) const = 0;

  /// Moves to the minimum on the support; where that leaves u >= 0, stops at the side, drops what
  /// became zero and goes on.
  void descendOnSupport() {
    while (!support_.empty()) {
      const VectorXd target = minimumOnSupport();
      double step = 1;
      Index blocking = -1;
      for (size_t i = 0; i < support_.size(); ++i) {
        const double from = u_[support_[i]];
        const double to = target[static_cast<Index>(i)];
        if (to > 0 || from - to <= 0) continue;
        const double reach = from / (from - to);
        if (reach < step || blocking < 0) {
          step = std::min(step, reach);
          blocking = static_cast<Index>(i);
        }
      }
      for (size_t i = 0; i < support_.size(); ++i) {
        double& u = u_[support_[i]];
        u = blocking < 0 ? target[static_cast<Index>(i)]
                         : std::max(0.0, u + step * (target[static_cast<Index>(i)] - u));
      }
      if (blocking < 0) return;
      u_[support_[static_cast<size_t>(blocking)]] = 0;
      support_.erase(support_.begin() + blocking);
    }
  }

  /// The index outside the support whose slope is furthest below its level, or -1 at the optimum.
  Index mostViolated() const {
    const VectorXd slope = cosines_ * u_ + linear_;
    const double rounding = 8 * kEpsilon * static_cast<double>(u_.size()) *
                            (u_.cwiseAbs().sum() + linear_.cwiseAbs().maxCoeff());
    const VectorXd violations = (levels(slope) - slope).array() - rounding;
    Index entering = -1;
    double worst = 0;
    for (Index i = 0; i < u_.size(); ++i) {
      if (std::find(support_.begin(), support_.end(), i) != support_.end()) continue;
      if (violations[i] > worst) worst = violations[i], entering = i;
    }
    return entering;
  }
};

/// minimizeOnSimplex, with w_i = u_i a_i and a_i = min‖g‖/‖g_i‖.
class SimplexProgram : public ActiveSet {
 public:
  SimplexProgram(const MatrixXd& gramian, const VectorXd& linear) : ActiveSet(gramian) {
    const double least = norms_.minCoeff();
    scale_ = least * norms_.cwiseInverse();
    linear_ = linear.cwiseQuotient(norms_) / least;
  }

  VectorXd solve(const VectorXd& start) {
    begin(start);
    ActiveSet::solve();
    const VectorXd w = u_.cwiseProduct(scale_);
    return w / w.sum();
  }

 private:
  void begin(const VectorXd& start) {
    if (start.size() > 0) {
      u_ = start.cwiseQuotient(scale_);
      for (Index i = 0; i < start.size(); ++i)
        if (start[i] > 0) support_.push_back(i);
      return;
    }
    Index best = 0;
    // At the vertex w = e_i, with w_i = u_i a_i = 1.
    (0.5 * norms_.cwiseAbs2() / std::pow(norms_.minCoeff(), 2) + linear_.cwiseQuotient(scale_))
        .minCoeff(&best);
    u_[best] = 1 / scale_[best];
    support_ = {best};
  }

  VectorXd minimumOnSupport() const override {
    const auto n = std::ssize(support_);
    // The equation of the plane is divided by its largest entry: next to cosines it would count as
    // rounding where the support's rows are all much longer than the shortest.
    const VectorXd plane = scale_(support_);
    const double unit = plane.maxCoeff();
    MatrixXd system = MatrixXd::Zero(n + 1, n + 1);
    system.topLeftCorner(n, n) = cosines_(support_, support_);
    system.topRightCorner(n, 1) = plane / unit;
    system.bottomLeftCorner(1, n) = plane.transpose() / unit;
    VectorXd right(n + 1);
    right << -linear_(support_), 1 / unit;
    return system.completeOrthogonalDecomposition().solve(right).head(n);
  }

  VectorXd levels(const VectorXd& slope) const override {
    return u_.dot(slope) / u_.dot(scale_) * scale_;
  }

  VectorXd scale_;
};

/// minimizeOnOrthant, with the unknown divided by ‖g_i‖.
class OrthantProgram : public ActiveSet {
 public:
  OrthantProgram(const MatrixXd& gramian, const VectorXd& linear) : ActiveSet(gramian) {
    linear_ = linear.cwiseQuotient(norms_);
  }

  VectorXd solve() {
    ActiveSet::solve();
    return u_.cwiseQuotient(norms_);
  }

 private:
  VectorXd minimumOnSupport() const override {
    const MatrixXd system = cosines_(support_, support_);
    const VectorXd right = -linear_(support_);
    const VectorXd found = system.completeOrthogonalDecomposition().solve(right);
    const VectorXd ray = right - system * found;
    return ray.norm() > kInconsistent * right.norm() ? beyondTheSide(ray) : found;
  }

  /// Dependent rows with levels that do not fit: the objective falls without end along the ray, so
  /// that only a side of the orthant stops it; where none does there is no minimum.
  VectorXd beyondTheSide(const VectorXd& ray) const {
    const VectorXd from = u_(support_);
    double reach = std::numeric_limits<double>::infinity();
    for (Index i = 0; i < ray.size(); ++i)
      if (ray[i] < -kInconsistent * ray.norm()) reach = std::min(reach, from[i] / -ray[i]);
    if (!std::isfinite(reach)) return from;
    return from + (2 * reach + 1 / ray.norm()) * ray;
  }

  VectorXd levels(const VectorXd& slope) const override { return VectorXd::Zero(slope.size()); }
};

}  // namespace

VectorXd minimizeOnSimplex(const MatrixXd& gramian, const VectorXd& linear, const VectorXd& start) {
  return SimplexProgram(gramian, linear).solve(start);
}

VectorXd minNormPoint(const MatrixXd& gramian) {
  return minimizeOnSimplex(gramian, VectorXd::Zero(gramian.rows()));
}

VectorXd minimizeOnOrthant(const MatrixXd& gramian, const VectorXd& linear) {
  return OrthantProgram(gramian, linear).solve();
}

VectorXd dualConePoint(const MatrixXd& gramian, const VectorXd& lower) {
  return lower + minimizeOnOrthant(gramian, gramian * lower);
}

}  // namespace eq::balance
