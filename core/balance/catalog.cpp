#include "core/balance/catalog.h"

#include <utility>

#include "core/balance/tables.h"

namespace eq::balance {

namespace {

using Rows = std::vector<CatalogRow<Balancer, const Setting&>>;

Rows joined(Rows rows, Rows further) {
  for (auto& row : further) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

const Catalog<Balancer, const Setting&>& weightings() {
  static const Catalog<Balancer, const Setting&> table("loss weighting",
                                                       joined(weightingRows(), rowWeightingRows()));
  return table;
}

const Catalog<Balancer, const Setting&>& gradientMethods() {
  static const Catalog<Balancer, const Setting&> table("gradient method",
                                                       joined(gradientRows(), rowGradientRows()));
  return table;
}

std::vector<const Descriptor*> allDescriptors() {
  auto all = weightings().descriptors();
  for (const auto* descriptor : gradientMethods().descriptors()) all.push_back(descriptor);
  return all;
}

}  // namespace eq::balance
