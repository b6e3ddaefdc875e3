#include "core/balance/gradient/visit_order.h"

#include <numeric>

namespace eq::balance {

VisitOrder::VisitOrder(const Parameters& parameters, std::uint64_t seed)
    : order_(parameters.text("order")), stream_(seed) {}

std::vector<std::int64_t> VisitOrder::next(Eigen::Index count) {
  if (order_ == "random") return stream_.permutation(count);
  std::vector<std::int64_t> order(static_cast<size_t>(count));
  if (order_ == "ascending")
    std::iota(order.begin(), order.end(), 0);
  else
    std::iota(order.rbegin(), order.rend(), 0);
  return order;
}

ParameterSpec VisitOrder::parameter() {
  return ParameterSpec::choice("order", "random", {"random", "ascending", "descending"},
                               "In which order a gradient meets the others");
}

}  // namespace eq::balance
