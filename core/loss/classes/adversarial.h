#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

// Losses of adversarial training; the prediction is that of the attacked input.

/// -log p_y - log(1.0001 - max_{k≠y} p_k + 1e-12) + β KL(n ‖ p + 1e-12) (1.0000001 - n_y), with n
/// the probabilities of the natural input. Wang et al., ICLR 2020.
CatalogRow<Loss> martRow();

/// ω CE, ω by the attack's steps κ of K that flip the prediction, scaled to mean 1; u = λ + 5 (1 -
/// 2 κ/K). Zhang et al., ICLR 2021.
CatalogRow<Loss> gairatRow();

/// ω CE, ω = 3 σ(slope (max_{k≠y} p_k - p_y + bias)), a constant of the gradient. Wang et al.,
/// NeurIPS 2021.
CatalogRow<Loss> mailRow();

}  // namespace eq::loss
