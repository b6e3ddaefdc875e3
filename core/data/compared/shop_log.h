#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace eq::data {

inline constexpr std::int64_t kItemFeatures = 8;

/// An item in a list that was shown.
struct ShownItem {
  std::array<double, kItemFeatures> x = {};
  std::int64_t list = 0;
  std::int64_t position = 1;         ///< from the top
  bool treatment = false;            ///< arm of the A/B test that its list is in
  double bid = 1;                    ///< what a click on it brings
  std::array<double, 3> draws = {};  ///< uniform: look, click, purchase
};

/// Lists as the former ranking showed them, one after the other and each from its top. It sorts by
/// half of what draws clicks, and by what has nothing to do with them; lists of the treatment hold
/// more of the latter. Every second list is of the treatment, from the first on.
std::vector<ShownItem> showLists(std::int64_t lists, std::int64_t items, std::uint64_t seed);

/// What the log-odds of a click on the item are made of, without their offset.
double appealOf(const ShownItem& item);
/// Likewise those of a purchase once it is clicked.
double urgeOf(const ShownItem& item);
/// P(treatment | features).
double treatmentChance(const ShownItem& item);

/// The offset b with Σ w σ(b + logit) / Σ w = `rate`. \param rate above 0 and below 1.
double offsetFor(const std::vector<double>& logits, const std::vector<double>& weights,
                 double rate);

}  // namespace eq::data
