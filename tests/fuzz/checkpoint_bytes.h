#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <zlib.h>

namespace eq::fuzz {

inline std::string crcText(std::string_view bytes, uLong start = 0) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  return fmt::format("{:08x}", crc32_z(start, data, bytes.size()));
}

/// A checkpoint's bytes whose header has the right checksum, when it has one at all: without it a
/// fuzzer would only ever see the refusal of a wrong one.
inline std::string checkpointOf(std::string header, std::string_view body) {
  constexpr std::string_view kKey = "\"crc32_header\":\"";
  constexpr std::size_t kDigits = 8;
  const std::uint64_t length = header.size();
  std::string prefix(sizeof length, '\0');
  std::memcpy(prefix.data(), &length, sizeof length);
  const auto key = header.find(kKey);
  if (key != std::string::npos && key + kKey.size() + kDigits <= header.size()) {
    header.replace(key + kKey.size(), kDigits, std::string(kDigits, '0'));
    const auto before = crc32_z(0, reinterpret_cast<const Bytef*>(prefix.data()), prefix.size());
    header.replace(key + kKey.size(), kDigits, crcText(header, before));
  }
  return prefix + header + std::string(body);
}

}  // namespace eq::fuzz
