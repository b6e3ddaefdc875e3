#pragma once

#include "core/base/catalog.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

/// (1 - p)^γ (-log p) of p = σ(margin), exact in both tails.
at::Tensor focalOfMargin(const at::Tensor& margin, double gamma);

/// L = α_y (1 - p_y)^γ (-log p_y), divided by N. Lin et al., ICCV 2017.
CatalogRow<Loss> focalRow();

}  // namespace eq::loss
