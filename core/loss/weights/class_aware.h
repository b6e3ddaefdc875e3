#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Class weights w / max(w) + 1, w = n / (C n_c), and a threshold for pseudo-labels that falls with
/// the task. Kalla et al., TACLE, arXiv:2407.08041.
CatalogRow<Loss> classAwareRow();

}  // namespace eq::loss
