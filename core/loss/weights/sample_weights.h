#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Losses of samples with weights that the data bring.

/// Covariate shift: w = p_test(x) / p_train(x), given or from a domain classifier. Shimodaira,
/// 2000; relative weights after Yamada et al., 2013.
CatalogRow<Loss> importanceWeightedRow();
/// A/B tests: G/π or (1 - G)/(1 - π) for logs that both arms share. Si, 2023, arXiv:2310.17496.
CatalogRow<Loss> propensityWeightedRow();
/// Double weighting for covariate shift: β of the training samples. Segovia-Martín et al., 2023.
CatalogRow<Loss> doubleWeightedRow();
/// w = 1 / σ², floored and cut. Fisher, 2023.
CatalogRow<Loss> inverseVarianceRow();
/// Weights of instructions by their quality. Bielik, arXiv:2410.18565.
CatalogRow<Loss> instructionWeightedRow();

}  // namespace eq::loss
