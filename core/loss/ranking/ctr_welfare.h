#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// |v_i - v_j| ℓ(u_i - u_j) over the pairs of an auction with v_i > v_j; v = bid · true rate, u =
/// bid · predicted rate. Lyu et al., ICML 2023, arXiv:2306.01799.
CatalogRow<Loss> ctrWelfareRow();

}  // namespace eq::loss
