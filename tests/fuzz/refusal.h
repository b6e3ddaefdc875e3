#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace eq::fuzz {

inline std::string_view textOf(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool promise) {
  if (!promise) std::abort();
}

/// Calls `work`, which may refuse its input with an Error that says something; nothing else.
template <typename Work>
void mayRefuse(Work work) {
  try {
    work();
  } catch (const Error& error) {
    require(*error.what() != '\0');
  }
}

}  // namespace eq::fuzz
