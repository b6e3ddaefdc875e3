#pragma once

#include <vector>

#include "core/base/catalog.h"
#include "core/model/model.h"

namespace eq::model {

/// A public base that all tasks share and a private one a task, mixed by a learned gate.
CatalogRow<Model, const Setting&> deepSafeRow();

/// Parameters of a network of `deep_safe`, by what they are for.
struct SafeParts {
  std::vector<size_t> gates;      ///< [task] a: α = σ(a)
  std::vector<size_t> ofPrivate;  ///< private bases, and heads that read nothing else
  std::vector<size_t> ofPublic;   ///< the public base, and heads that read nothing else
};
/// \pre `network` is one.
SafeParts safePartsOf(const Model& network);

}  // namespace eq::model
