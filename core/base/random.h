#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq {

/// A seed of its own for each purpose of a run: a pure function of (seed, purpose, index).
std::uint64_t deriveSeed(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

/// A small random stream (xoshiro256**), the same numbers on every platform, with a state that can
/// be saved.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed = 0);

  std::uint64_t next();
  /// In [0, 1).
  double uniform();
  /// Standard normal (Box-Muller; two draws a value, so that the state is all there is).
  double normal();
  /// In 0..bound-1, unbiased. \pre bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// 0..n-1 in random order (Fisher-Yates).
  std::vector<std::int64_t> permutation(std::int64_t n);

  nlohmann::json state() const { return state_; }
  void restore(const nlohmann::json& state) { state_ = state.get<std::array<std::uint64_t, 4>>(); }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace eq
