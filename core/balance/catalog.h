#pragma once

#include <cstdint>

#include "core/base/catalog.h"

namespace eq::balance {

class Balancer;

/// What a balancer is made for: the number of tasks, and the seed of its random stream.
struct Setting {
  std::int64_t tasks = 0;
  std::uint64_t seed = 0;
};

/// The loss weightings (slot `weighting`) and the gradient methods (slot `gradient`). To add one: a
/// file pair core/balance/<id>.h/.cpp, one row in catalog.cpp, one row in
/// tests/core/balance/tst_<slot>.cpp, one line in CHANGELOG.md.
const Catalog<Balancer, const Setting&>& weightings();
const Catalog<Balancer, const Setting&>& gradientMethods();

}  // namespace eq::balance
