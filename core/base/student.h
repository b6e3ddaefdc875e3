#pragma once

#include <cstdint>

namespace eq {

/// Regularised incomplete beta function I_x(a, 1/2), a half of a whole number above 0, for x in
/// [0, 1]; also its small values to about 1e-14 + 2e-16 a of themselves. \param rest 1 - x, which
/// the caller may know better than a subtraction does.
double incompleteBetaHalf(double a, double x, double rest);

/// Probability that Student's t with so many degrees of freedom (1 or more) is farther from 0 than
/// |t|: 1 at 0, 0 at infinity, NaN of NaN.
double studentTails(double t, std::int64_t freedom);

/// The t > 0 with studentTails(t, freedom) = tails, for tails in (0, 1).
double studentQuantile(double tails, std::int64_t freedom);

/// Probability that a standard normal is farther from 0 than |z|.
double normalTails(double z);

}  // namespace eq
