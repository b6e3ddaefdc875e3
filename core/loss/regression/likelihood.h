#pragma once

#include "core/base/catalog.h"
#include "core/loss/element_loss.h"

namespace eq::loss {

// Negative log-likelihoods of numbers, by element; r = prediction - target.

/// ½(s + r² e^-s) v^β with s = log v in the prediction's last axis, clamped to [-10, 10]; the
/// factor is detached. Nix and Weigend 1994; β: Seitzer et al. 2022.
CatalogRow<Loss> gaussianNllRow();
/// Student's t with fixed degrees of freedom ν and scale. Lange et al. 1989.
CatalogRow<Loss> studentTNllRow();
/// e^x - yx of a log-rate x and a count y.
CatalogRow<Loss> poissonNllRow();

}  // namespace eq::loss
