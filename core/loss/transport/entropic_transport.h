#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace eq::loss {

/// f and g, [N, K] each, at which ⟨a, f⟩ + ⟨b, g⟩ is the transport's cost.
struct Potentials {
  at::Tensor f, g;
};

/// OT_ε(a, b) = min_π ⟨π, C⟩ + ε KL(π ‖ a ⊗ b) for N pairs of distributions over K bins, by its
/// dual potentials. Distributions come as logarithms [N, K] in float64 whose masses sum to 1, −∞
/// where there is none; they are constants. Sinkhorn's alternation alone needs more than 10,000
/// iterations for dense distributions once ε is small against the cost, so what it does not settle
/// at once is solved by damped Newton steps on the semi-dual while ε falls from the cost's spread.
/// Works on as many pairs at a time as fit the cache, and reads the device at every iteration.
/// Schmitzer, SIAM J. Sci. Comput. 2019, arXiv:1610.06519 (falling ε); Bach, EJS 2010,
/// arXiv:0910.4627 (damping).
class EntropicTransport {
 public:
  /// \param cost [K, K] in float64
  /// \param tolerance largest change of a potential that ends the iterations; they end before
  ///        where Newton steps no longer shrink, which is rounding
  /// \param iterations at most, of each pair
  EntropicTransport(const at::Tensor& cost, double epsilon, double tolerance,
                    std::int64_t iterations);

  Potentials between(const at::Tensor& logA, const at::Tensor& logB) const;
  /// (f + g) / 2 of the transport from each distribution to itself, [N, K].
  at::Tensor within(const at::Tensor& logA) const;

 private:
  at::Tensor update(const at::Tensor& logMass, const at::Tensor& potential, const at::Tensor& cost,
                    double epsilon) const;
  Potentials alternated(const at::Tensor& logA, const at::Tensor& logB, const at::Tensor& g) const;
  Potentials betweenFew(const at::Tensor& logA, const at::Tensor& logB) const;
  Potentials newton(const at::Tensor& logA, const at::Tensor& logB) const;
  at::Tensor withinFew(const at::Tensor& logA) const;
  std::int64_t pairsAtOnce() const;

  at::Tensor cost_;
  double epsilon_, tolerance_;
  std::int64_t iterations_;
  bool symmetric_;
};

}  // namespace eq::loss
