#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// λ W_p^p(softmax(z), target) + ce_weight CE over ordered bins at positions b_1 < ... < b_K.
/// p = 1: sum_k |F_k - G_k| (b_{k+1} - b_k). One-hot target: sum_i p_i |b_i - b_y|^p. Any other
/// target with p = 2: the quantile coupling, sum over the merged steps of both CDFs of Δu |b_i -
/// b_j|^p. Standard one-dimensional transport.
CatalogRow<Loss> wassersteinRow();

}  // namespace eq::loss
