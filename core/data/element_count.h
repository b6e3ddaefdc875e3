#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace eq::data {

/// The number of elements; the largest number there is where the product is larger.
inline std::uint64_t elementCount(const std::vector<std::int64_t>& shape) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t count = 1;
  bool tooMany = false;
  for (const auto size : shape) {
    const auto factor = static_cast<std::uint64_t>(size);
    if (factor == 0) return 0;
    if (count > kMost / factor) tooMany = true;
    count *= factor;
  }
  return tooMany ? kMost : count;
}

}  // namespace eq::data
