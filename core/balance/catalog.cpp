#include "core/balance/catalog.h"

#include "core/balance/tables.h"

namespace eq::balance {

const Catalog<Balancer, const Setting&>& weightings() {
  static const Catalog<Balancer, const Setting&> table("loss weighting", weightingRows());
  return table;
}

const Catalog<Balancer, const Setting&>& gradientMethods() {
  static const Catalog<Balancer, const Setting&> table("gradient method", gradientRows());
  return table;
}

std::vector<const Descriptor*> allDescriptors() {
  auto all = weightings().descriptors();
  for (const auto* descriptor : gradientMethods().descriptors()) all.push_back(descriptor);
  return all;
}

}  // namespace eq::balance
