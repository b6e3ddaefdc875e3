#pragma once

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A trunk of one's own as a TorchScript file exported from Python, with a head a task on what its
/// forward returns. Nothing of the file runs before it is trusted; see core/script/scripts.h.
///
/// Its buffers (batch normalisation's statistics) are those of the model. Every pass reads them as
/// they stand; what the first training pass of a step leaves in them is theirs once the update was
/// made, so that they move once a step, however many passes a method makes. Passes that evaluate
/// leave them, and the random stream, as they are. What is not finite is not taken over.
CatalogRow<Model, const Setting&> torchscriptTrunkRow();

}  // namespace eq::model
