#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// OT_ε(a, b) of a = softmax(logits [N, K]) and the target b, less half of OT_ε(a, a) and OT_ε(b,
/// b) with `debias`; see EntropicTransport. Computed in float64 until no potential moves by
/// `tolerance`; the gradient is that at convergence. Looking whether it has converged reads the
/// device. Cuturi 2013; Feydy et al. 2019.
CatalogRow<Loss> sinkhornRow();

}  // namespace eq::loss
