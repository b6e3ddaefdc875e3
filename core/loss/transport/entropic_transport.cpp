#include "core/loss/transport/entropic_transport.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

namespace eq::loss {
namespace {

constexpr std::int64_t kEntriesInCache = 1 << 18, kEntriesOnDevice = 1 << 26;
constexpr std::int64_t kAlternations = 3;  // settle a target that is one class
constexpr std::int64_t kAverages = 64;     // settle every cost that is a distance's power
constexpr double kFall = 4;                // of ε, from one problem to the next
// Lengths of a step in units of ε: followed closely enough to go on, and quadratic convergence.
constexpr double kFollowed = 3, kQuadratic = 0.1;

/// log Σ exp along axis 2, from the terms and their softmax, which LibTorch computes several times
/// faster than logsumexp on a CPU.
at::Tensor logSum(const at::Tensor& terms, const at::Tensor& shares) {
  return terms.amax(2) - shares.amax(2).log();
}

/// A Newton step on the semi-dual of f, which moves f and g.
struct Step {
  double change;  ///< the largest, of a potential
  double length;  ///< the largest spread of a pair's changes, in units of ε
};

/// With g = T(f), column j of the plan is b_j times a distribution q_j over the rows. The
/// semi-dual's gradient is a − ρ, ρ = Σ_j b_j q_j, its Hessian −(diag ρ − Σ_j b_j q_j q_jᵀ) / ε.
/// That is scaled by ρ^-½, so that its eigenvalues are in [0, 1], and made regular along the
/// constants, which change nothing.
Step newtonStep(const at::Tensor& a, const at::Tensor& b, const at::Tensor& columns, double epsilon,
                Potentials& now) {
  const auto bins = a.size(1);
  const auto rows = b.unsqueeze(1).matmul(columns).squeeze(1);
  const auto root = rows.clamp_min(std::numeric_limits<double>::min()).sqrt();
  const auto scaled = columns * b.sqrt().unsqueeze(2) / root.unsqueeze(1);
  auto hessian = root.unsqueeze(2) * root.unsqueeze(1) - scaled.transpose(1, 2).matmul(scaled);
  const double rounding = static_cast<double>(bins) * 1e-15;
  hessian.diagonal(0, 1, 2).add_(1 + rounding);
  const auto factor = std::get<0>(at::linalg_cholesky_ex(hessian));
  const auto step =
      at::cholesky_solve(((a - rows) / root).unsqueeze(2), factor).squeeze(2) / root * epsilon;
  const auto length =
      ((step.amax(1) - step.amin(1)) / epsilon).clamp_min(std::numeric_limits<double>::min());
  const auto damped = step * (length.log1p() / length).unsqueeze(1);
  now.f = now.f + damped;
  now.g = now.g - columns.matmul(damped.unsqueeze(2)).squeeze(2);
  const auto read = at::stack({step.abs().max(), length.max()}).cpu();
  return {read.data_ptr<double>()[0], read.data_ptr<double>()[1]};
}

}  // namespace

EntropicTransport::EntropicTransport(const at::Tensor& cost, double epsilon, double tolerance,
                                     std::int64_t iterations)
    : cost_(cost),
      epsilon_(epsilon),
      tolerance_(tolerance),
      iterations_(iterations),
      symmetric_(at::equal(cost, cost.t())) {}

Potentials EntropicTransport::between(const at::Tensor& logA, const at::Tensor& logB) const {
  std::vector<at::Tensor> f, g;
  const auto as = logA.split(pairsAtOnce()), bs = logB.split(pairsAtOnce());
  for (size_t i = 0; i < as.size(); ++i) {
    const auto found = betweenFew(as[i], bs[i]);
    f.push_back(found.f);
    g.push_back(found.g);
  }
  return {at::cat(f), at::cat(g)};
}

at::Tensor EntropicTransport::within(const at::Tensor& logA) const {
  std::vector<at::Tensor> found;
  for (const auto& few : logA.split(pairsAtOnce())) found.push_back(withinFew(few));
  return at::cat(found);
}

std::int64_t EntropicTransport::pairsAtOnce() const {
  const auto entries = cost_.is_cpu() ? kEntriesInCache : kEntriesOnDevice;
  return std::max<std::int64_t>(entries / cost_.numel(), 1);
}

/// f_i = −ε log Σ_j m_j exp((g_j − C_ij) / ε).
at::Tensor EntropicTransport::update(const at::Tensor& logMass, const at::Tensor& potential,
                                     const at::Tensor& cost, double epsilon) const {
  const auto terms = (logMass + potential / epsilon).unsqueeze(1) - cost / epsilon;
  return logSum(terms, terms.softmax(2)) * -epsilon;
}

Potentials EntropicTransport::alternated(const at::Tensor& logA, const at::Tensor& logB,
                                         const at::Tensor& g) const {
  const auto f = update(logB, g, cost_, epsilon_);
  return {f, update(logA, f, cost_.t(), epsilon_)};
}

Potentials EntropicTransport::betweenFew(const at::Tensor& logA, const at::Tensor& logB) const {
  Potentials now{at::zeros_like(logA), at::zeros_like(logB)};
  for (std::int64_t i = 0; i < std::min(kAlternations, iterations_); ++i) {
    const auto next = alternated(logA, logB, now.g);
    const auto change = at::maximum((next.f - now.f).abs().max(), (next.g - now.g).abs().max());
    now = next;
    if (change.item<double>() < tolerance_) return now;
  }
  return iterations_ > kAlternations ? newton(logA, logB) : now;
}

Potentials EntropicTransport::newton(const at::Tensor& logA, const at::Tensor& logB) const {
  const auto a = logA.exp(), b = logB.exp();
  Potentials now{at::zeros_like(logA), at::zeros_like(logB)};
  double epsilon = std::max(epsilon_, (cost_.max() - cost_.min()).item<double>());
  double before = std::numeric_limits<double>::infinity();
  for (std::int64_t i = kAlternations; i < iterations_; ++i) {
    now.f = update(logB, now.g, cost_, epsilon);
    const auto terms = (logA + now.f / epsilon).unsqueeze(1) - cost_.t() / epsilon;
    const auto columns = terms.softmax(2);
    now.g = logSum(terms, columns) * -epsilon;
    const auto step = newtonStep(a, b, columns, epsilon, now);
    if (epsilon > epsilon_) {
      if (step.length < kFollowed) epsilon = std::max(epsilon_, epsilon / kFall);
      continue;
    }
    const bool shrinks = step.change < before / 2;
    if (step.change < tolerance_ || (step.length < kQuadratic && !shrinks)) break;
    before = step.length < kQuadratic ? step.change : before;
  }
  return alternated(logA, logB, now.g);
}

/// Averages of old and new converge at a rate of a half, where the alternation of f and g does not,
/// unless a bin is cheaper to swap than to keep.
at::Tensor EntropicTransport::withinFew(const at::Tensor& logA) const {
  if (symmetric_) {
    const auto massless = logA.exp() == 0;
    auto f = at::zeros_like(logA);
    for (std::int64_t i = 1; i <= std::min(kAverages, iterations_); ++i) {
      const auto old = f;
      f = (old + update(logA, old, cost_, epsilon_)) / 2;
      const auto change = (f - old).masked_fill(massless, 0).abs().max();
      if (change.item<double>() < tolerance_ || i == iterations_)
        return update(logA, f, cost_, epsilon_);
    }
  }
  const auto found = betweenFew(logA, logA);
  return (found.f + found.g) / 2;
}

}  // namespace eq::loss
