#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// L = -sum_k q_k log p_k with p = softmax(z) and q the one-hot target, smoothed by (1-ε) q + ε/C.
/// With class weights the mean over indices divides by the sum of the valid samples' weights, over
/// probabilities by N. Defaults: no smoothing, no weights. Szegedy et al. 2016 (smoothing).
CatalogRow<Loss> crossEntropyRow();

}  // namespace eq::loss
