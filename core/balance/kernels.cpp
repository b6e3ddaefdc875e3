#include "core/balance/kernels.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/QR>

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// ‖Σ w_k g_k‖ below this share of Σ w_k ‖g_k‖ is rounding: the Gramian holds its square.
constexpr double kCancelled = 1e-7;

/// minimizeOnSimplex in variables that do not feel the scale of the rows: w_i = u_i a_i with a_i =
/// min‖g‖/‖g_i‖, so that the matrix is that of cosines.
class SimplexProgram {
 public:
  SimplexProgram(const MatrixXd& gramian, const VectorXd& linear)
      : norms_(gramian.diagonal().cwiseSqrt()) {
    const double least = norms_.minCoeff();
    scale_ = least * norms_.cwiseInverse();
    cosines_ = norms_.cwiseInverse().asDiagonal() * gramian * norms_.cwiseInverse().asDiagonal();
    linear_ = linear.cwiseQuotient(norms_) / least;
  }

  VectorXd solve(const VectorXd& start) {
    begin(start);
    const auto limit = 100 * (norms_.size() + 10);
    for (Index i = 0; i < limit; ++i) {
      descendOnSupport();
      const Index entering = mostViolated();
      if (entering < 0) break;
      support_.push_back(entering);
    }
    VectorXd w = u_.cwiseProduct(scale_);
    return w / w.sum();
  }

 private:
  void begin(const VectorXd& start) {
    u_ = VectorXd::Zero(norms_.size());
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

  /// Moves to the minimum over the plane of the support; where that leaves the simplex, stops at
  /// the side, drops what became zero and goes on.
  void descendOnSupport() {
    while (true) {
      const VectorXd target = planeMinimum();
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
      if (support_.size() == 1) {
        u_[support_[0]] = 1 / scale_[support_[0]];
        return;
      }
    }
  }

  VectorXd planeMinimum() const {
    const auto n = static_cast<Index>(support_.size());
    MatrixXd system = MatrixXd::Zero(n + 1, n + 1);
    VectorXd right(n + 1);
    for (Index i = 0; i < n; ++i) {
      const Index row = support_[static_cast<size_t>(i)];
      for (Index j = 0; j < n; ++j) system(i, j) = cosines_(row, support_[static_cast<size_t>(j)]);
      system(i, n) = system(n, i) = scale_[row];
      right[i] = -linear_[row];
    }
    right[n] = 1;
    return system.completeOrthogonalDecomposition().solve(right).head(n);
  }

  /// The index whose gradient is furthest below the support's, or -1 at the optimum.
  Index mostViolated() const {
    const VectorXd slope = cosines_ * u_ + linear_;
    double level = 0;
    double weight = 0;
    for (const Index i : support_) {
      level += u_[i] * slope[i];
      weight += u_[i] * scale_[i];
    }
    level /= weight;
    const double rounding = 8 * kEpsilon * static_cast<double>(u_.size()) *
                            (u_.cwiseAbs().sum() + linear_.cwiseAbs().maxCoeff());
    Index entering = -1;
    double worst = 0;
    for (Index i = 0; i < u_.size(); ++i) {
      if (std::find(support_.begin(), support_.end(), i) != support_.end()) continue;
      const double violation = level * scale_[i] - slope[i] - rounding;
      if (violation > worst) worst = violation, entering = i;
    }
    return entering;
  }

  VectorXd norms_, scale_, linear_, u_;
  MatrixXd cosines_;
  std::vector<Index> support_;
};

/// F(β) = βᵀ C β / 2 - sum s_i φ(β_i), whose minimum is C β = s β^(-1/a).
struct FixedPointProblem {
  const MatrixXd& cosines;
  VectorXd factors;
  double a;

  VectorXd pull(const VectorXd& beta) const { return factors.array() * beta.array().pow(-1 / a); }
  double value(const VectorXd& beta) const {
    const double barrier =
        a == 1 ? (factors.array() * beta.array().log()).sum()
               : (factors.array() * beta.array().pow(1 - 1 / a)).sum() / (1 - 1 / a);
    return 0.5 * beta.dot(cosines * beta) - barrier;
  }
};

VectorXd dampedNewton(const FixedPointProblem& problem, VectorXd beta) {
  for (int i = 0; i < 200; ++i) {
    const VectorXd pull = problem.pull(beta);
    const VectorXd gradient = problem.cosines * beta - pull;
    if ((gradient.array().abs() <= 4 * kEpsilon * pull.array()).all()) break;
    MatrixXd hessian = problem.cosines;
    hessian.diagonal() += (pull.array() / beta.array() / problem.a).matrix();
    const VectorXd step = -hessian.ldlt().solve(gradient);
    double length = 1;
    for (Index k = 0; k < beta.size(); ++k)
      if (step[k] < 0) length = std::min(length, -0.99 * beta[k] / step[k]);
    const double before = problem.value(beta);
    const double slope = gradient.dot(step);
    VectorXd next = beta + length * step;
    // Close to the minimum the values agree to rounding: there the full Newton step is right.
    while (problem.value(next) > before + 1e-4 * length * slope + 1e-13 * std::abs(before) &&
           length > 1e-12) {
      length /= 2;
      next = beta + length * step;
    }
    const bool still = ((next - beta).array().abs() <= kEpsilon * beta.array()).all();
    beta = next;
    if (still) break;
  }
  return beta;
}

/// Root of a function that falls from f(low) >= 0 to f(high) <= 0: bisection with the Illinois
/// rule.
double fallingRoot(const std::function<double(double)>& f, double low, double high) {
  double atLow = f(low);
  double atHigh = f(high);
  int side = 0;
  for (int i = 0; i < 200 && high - low > kEpsilon * high; ++i) {
    double middle = (low * atHigh - high * atLow) / (atHigh - atLow);
    if (!(middle > low && middle < high)) middle = 0.5 * (low + high);
    const double atMiddle = f(middle);
    if (atMiddle == 0) return middle;
    if (atMiddle > 0) {
      low = middle, atLow = atMiddle;
      if (side == 1) atHigh /= 2;
      side = 1;
    } else {
      high = middle, atHigh = atMiddle;
      if (side == -1) atLow /= 2;
      side = -1;
    }
  }
  return 0.5 * (low + high);
}

}  // namespace

VectorXd projectOntoSimplex(const VectorXd& v) {
  std::vector<double> sorted(v.data(), v.data() + v.size());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double sum = 0, shift = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    sum += sorted[i];
    const double candidate = (sum - 1) / static_cast<double>(i + 1);
    if (sorted[i] > candidate) shift = candidate;
  }
  return (v.array() - shift).cwiseMax(0);
}

VectorXd minimizeOnSimplex(const MatrixXd& gramian, const VectorXd& linear, const VectorXd& start) {
  return SimplexProgram(gramian, linear).solve(start);
}

VectorXd minNormPoint(const MatrixXd& gramian) {
  return minimizeOnSimplex(gramian, VectorXd::Zero(gramian.rows()));
}

std::optional<VectorXd> positiveFixedPoint(const MatrixXd& gramian, double a) {
  const VectorXd norms = gramian.diagonal().cwiseSqrt();
  const VectorXd inverse = norms.cwiseInverse();
  const MatrixXd cosines = inverse.asDiagonal() * gramian * inverse.asDiagonal();
  const VectorXd least = minNormPoint(cosines);
  if (least.dot(cosines * least) <= 1e-14 * static_cast<double>(norms.size())) return std::nullopt;
  const FixedPointProblem problem{cosines, norms.array().pow(1 / a - 1), a};
  const VectorXd start = problem.factors.array().pow(a / (a + 1));
  return dampedNewton(problem, start).cwiseProduct(inverse);
}

bool cancels(const MatrixXd& gramian, const VectorXd& weights) {
  const double longest = kCancelled * weights.dot(gramian.diagonal().cwiseSqrt());
  return weights.dot(gramian * weights) <= longest * longest;
}

VectorXd cagradPoint(const MatrixXd& gramian, double c) {
  const auto k = gramian.rows();
  const VectorXd toMean = gramian * VectorXd::Constant(k, 1.0 / static_cast<double>(k));
  const double meanNorm = std::sqrt(std::max(0.0, toMean.mean()));
  const double reach = c * meanNorm;
  VectorXd w = minNormPoint(gramian);
  if (!(reach > 0)) return w;
  // The optimum minimises wᵀGw/2 + t wᵀGp for the t with ‖Jᵀw‖ = t c‖g₀‖, and ‖Jᵀw(t)‖/t falls in
  // t.
  const auto excess = [&](double t) {
    w = minimizeOnSimplex(gramian, t * toMean, w);
    return std::sqrt(std::max(0.0, w.dot(gramian * w))) - t * reach;
  };
  const double least = std::sqrt(std::max(0.0, w.dot(gramian * w)));
  double low = least / reach;
  if (cancels(gramian, w)) {
    // The shortest vector is 0, and t = 0 a root that is the optimum only if there is no other.
    if (c >= 1) return w;
    const VectorXd shortest = w;
    double share = 1e-3;
    const double size = w.dot(gramian.diagonal().cwiseSqrt()) / reach;
    while (excess(share * size) <= 0)
      if ((share /= 10) < kCancelled) return shortest;
    low = share * size;
  }
  const double high = std::sqrt(gramian.diagonal().maxCoeff()) / reach;
  const double root = fallingRoot(excess, low, high);
  excess(root);
  return w;
}

}  // namespace eq::balance
