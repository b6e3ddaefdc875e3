#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/catalog.h"
#include "core/base/task.h"

namespace eq::balance {

class Balancer;

/// What a balancer is made for.
struct Setting {
  std::int64_t tasks = 0;
  std::uint64_t seed = 0;            ///< of its random stream
  std::vector<TaskKind> kinds = {};  ///< [tasks], or empty where they are not known
  std::string path = {};             ///< of its parameters, for messages: `balancer.gradient`
  double rounding = 2.220446049250313e-16;  ///< of the type that the gradients are computed in
};

/// The loss weightings (slot `weighting`) and the gradient methods (slot `gradient`). To add one: a
/// file pair core/balance/<slot>/<id>.h/.cpp (templates: equal, imtl_g; in rows/ where it reads J
/// element by element: trimmed_mean), one row in that folder's table.cpp, one row in
/// tests/core/balance/<slot>/, one line in CHANGELOG.md.
const Catalog<Balancer, const Setting&>& weightings();
const Catalog<Balancer, const Setting&>& gradientMethods();

/// Of both slots, loss weightings first.
std::vector<const Descriptor*> allDescriptors();

}  // namespace eq::balance
