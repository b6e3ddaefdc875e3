#pragma once

#include "core/data/catalog.h"

namespace eq::data {

// Fields of every task of the dataset (`Split::fields`), float32 [N], that no loss reads: what made
// the log, to be compared with what is predicted.

/// Chance that the item is clicked once it is looked at.
inline constexpr const char* kClickChance = "click_chance";
/// Chance that it is bought once it is clicked.
inline constexpr const char* kPurchaseChance = "purchase_chance";
/// Chance that it is looked at, where it stands.
inline constexpr const char* kLookChance = "look_chance";

/// The made-up log of a shop: lists of items, few of which are clicked and fewer bought, the more
/// so the lower they stand. Names of tasks with three targets: clicked, bought, how far it came.
CatalogRow<Dataset, const Setting&> funnelRow();

}  // namespace eq::data
