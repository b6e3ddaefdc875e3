#include "core/balance/gradient/kernels.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include "core/balance/gradient/active_set.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kRounding = std::numeric_limits<double>::epsilon();

/// ‖Σ w_k g_k‖ below this share of Σ w_k ‖g_k‖ is rounding: the Gramian holds its square.
constexpr double kCancelled = 1e-7;

/// F(β) = βᵀ C β / 2 - sum s_i φ(β_i), whose minimum is C β = s β^(-1/a).
struct FixedPointProblem {
  const MatrixXd& cosines;
  VectorXd logFactors;  ///< the s_i leave the doubles where a is small and the rows are unlike
  double a;

  VectorXd pull(const VectorXd& beta) const {
    return (logFactors.array() - beta.array().log() / a).exp();
  }
  double value(const VectorXd& beta) const {
    const double barrier = a == 1 ? (logFactors.array().exp() * beta.array().log()).sum()
                                  : pull(beta).dot(beta) / (1 - 1 / a);
    return 0.5 * beta.dot(cosines * beta) - barrier;
  }
};

/// A Newton step on ln C β = ln s - (ln β)/a over ln β, where it halves what is left of the
/// equation and lowers F. With a small a the pull is a high power of β, which Newton's step on F
/// itself follows by a factor of 1 + a at a time.
std::optional<VectorXd> logarithmicStep(const FixedPointProblem& problem, const VectorXd& beta) {
  const auto leftOf = [&](const VectorXd& at) {
    return VectorXd((problem.cosines * at).array().log() - problem.logFactors.array() +
                    at.array().log() / problem.a);
  };
  const VectorXd gains = problem.cosines * beta;
  if (problem.a >= 1 || !(gains.array() > 0).all()) return std::nullopt;
  MatrixXd slopes = gains.cwiseInverse().asDiagonal() * problem.cosines * beta.asDiagonal();
  slopes.diagonal().array() += 1 / problem.a;
  const VectorXd left = leftOf(beta);
  const VectorXd next = beta.array() * (-slopes.partialPivLu().solve(left).array()).exp();
  const double norm = leftOf(next).norm();
  if (!(norm <= left.norm() / 2) || !(problem.value(next) <= problem.value(beta)))
    return std::nullopt;
  return next;
}

VectorXd dampedNewton(const FixedPointProblem& problem, VectorXd beta) {
  for (int i = 0; i < 200; ++i) {
    const VectorXd pull = problem.pull(beta);
    const VectorXd gradient = problem.cosines * beta - pull;
    if ((gradient.array().abs() <= 4 * kRounding * pull.array()).all()) break;
    if (const auto next = logarithmicStep(problem, beta)) {
      beta = *next;
      continue;
    }
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
    const bool still = ((next - beta).array().abs() <= kRounding * beta.array()).all();
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
  for (int i = 0; i < 200 && high - low > kRounding * high; ++i) {
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

std::optional<VectorXd> positiveFixedPoint(const MatrixXd& gramian, double a) {
  const VectorXd norms = gramian.diagonal().cwiseSqrt();
  const VectorXd inverse = norms.cwiseInverse();
  const MatrixXd cosines = inverse.asDiagonal() * gramian * inverse.asDiagonal();
  const VectorXd least = minNormPoint(cosines);
  if (least.dot(cosines * least) <= 1e-14 * static_cast<double>(norms.size())) return std::nullopt;
  const FixedPointProblem problem{cosines, (1 / a - 1) * norms.array().log(), a};
  const VectorXd start = (a / (a + 1) * problem.logFactors.array()).exp();
  return dampedNewton(problem, start).cwiseProduct(inverse);
}

VectorXd shortened(const MatrixXd& gramian, const VectorXd& weights, double longest) {
  const double length = std::sqrt(std::max(0.0, weights.dot(gramian * weights)));
  return longest > 0 && length > longest ? VectorXd(longest / length * weights) : weights;
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
