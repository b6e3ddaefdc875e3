#pragma once

#include <memory>
#include <utility>

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// The catalog's row of a loss that is made from its parameters alone.
template <typename Kind>
CatalogRow<Loss> rowOf(Descriptor descriptor) {
  return {std::move(descriptor),
          [](const Parameters& parameters) { return std::make_unique<Kind>(parameters); }};
}

}  // namespace eq::loss
