#pragma once

#include <vector>

#include "core/data/catalog.h"

namespace eq::data {

/// Inputs that are normal in training, N(0, 1), and where the network is used, N(mean, deviation²):
/// covariate shift whose density ratio is known.
struct CovariateShift {
  double mean = 0;
  double deviation = 1;

  /// w(x) = p_target(x) / p_training(x).
  double ratio(double x) const;
  /// How many examples n weighted training examples are worth, over n, in the limit of many:
  /// E[w]² / E[w²] = s √(2 − s²) exp(−m² / (2 − s²)). 0 where E[w²] is infinite, from s = √2 on.
  double effectiveShare() const;
};

/// What (Σw)² / Σw² examples of weight 1 would tell as much as. 0 without any weight.
double effectiveSampleSize(const std::vector<double>& weights);

/// A curve to be learned from noisy values at inputs that are distributed otherwise than those of
/// validation and test, with the density ratio and each value's variance as fields.
CatalogRow<Dataset, const Setting&> shiftedRow();

}  // namespace eq::data
