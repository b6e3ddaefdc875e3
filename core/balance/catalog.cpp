#include "core/balance/catalog.h"

#include "core/balance/aligned_mtl.h"
#include "core/balance/balancer.h"
#include "core/balance/cagrad.h"
#include "core/balance/dwa.h"
#include "core/balance/equal.h"
#include "core/balance/gradnorm.h"
#include "core/balance/imtl_g.h"
#include "core/balance/imtl_l.h"
#include "core/balance/mgda.h"
#include "core/balance/nash_mtl.h"
#include "core/balance/pcgrad.h"
#include "core/balance/random_weights.h"
#include "core/balance/static_weights.h"
#include "core/balance/uncertainty.h"

namespace eq::balance {

const Catalog<Balancer, const Setting&>& weightings() {
  static const Catalog<Balancer, const Setting&> table("loss weighting", {
                                                                             equalRow(),
                                                                             staticRow(),
                                                                             randomRow(),
                                                                             uncertaintyRow(),
                                                                             dwaRow(),
                                                                             gradNormRow(),
                                                                             imtlLRow(),
                                                                         });
  return table;
}

const Catalog<Balancer, const Setting&>& gradientMethods() {
  static const Catalog<Balancer, const Setting&> table("gradient method", {
                                                                              mgdaRow(),
                                                                              mgdaUbRow(),
                                                                              pcgradRow(),
                                                                              cagradRow(),
                                                                              nashMtlRow(),
                                                                              imtlGRow(),
                                                                              alignedMtlRow(),
                                                                              alignedMtlUbRow(),
                                                                          });
  return table;
}

std::vector<const Descriptor*> allDescriptors() {
  auto all = weightings().descriptors();
  for (const auto* descriptor : gradientMethods().descriptors()) all.push_back(descriptor);
  return all;
}

}  // namespace eq::balance
