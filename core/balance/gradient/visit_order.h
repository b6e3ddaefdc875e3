#pragma once

#include <cstdint>
#include <vector>

#include "core/balance/masked_balancer.h"
#include "core/base/random.h"

namespace eq::balance {

/// In which order a gradient meets the others: `order` random (drawn anew each time), ascending or
/// descending.
class VisitOrder {
 public:
  VisitOrder(const Parameters& parameters, std::uint64_t seed);

  /// 0..count-1, once each.
  std::vector<std::int64_t> next(Eigen::Index count);

  nlohmann::json state() const { return {{"stream", stream_.state()}}; }
  void restore(const nlohmann::json& state) { stream_.restore(state.at("stream")); }

  static ParameterSpec parameter();

 private:
  std::string order_;
  RandomStream stream_;
};

}  // namespace eq::balance
