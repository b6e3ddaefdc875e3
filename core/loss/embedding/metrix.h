#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// The contrastive loss of an embedding and a mixed one whose pair is a positive by a share.
/// Venkataramanan et al., ICLR 2022.
CatalogRow<Loss> metrixRow();

}  // namespace eq::loss
