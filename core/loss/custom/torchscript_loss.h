#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// A loss of one's own as a TorchScript file exported from Python. Nothing of the file runs before
/// it is trusted; see scripts.h.
CatalogRow<Loss> torchscriptRow();

}  // namespace eq::loss
