#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace eq::run {

// The safetensors layout: length of the header (u64, little-endian), header (JSON), raw
// little-endian C-order bytes without holes. In `__metadata__` may stand texts.

inline constexpr std::uint64_t kHeaderLimit = 100'000'000;  ///< bytes
inline constexpr size_t kLengthSize = 8;                    ///< bytes
inline constexpr const char* kMetadata = "__metadata__";

// Checksums as this program writes them into the metadata.

inline constexpr const char* kHeaderKey = "crc32_header";
inline constexpr const char* kTensorKey = "crc32.";
inline constexpr const char* kNoChecksum = "00000000";
/// Eight hexadecimal digits.
std::string crcText(std::string_view bytes);
/// Of length and header; the header has zeros where the checksum belongs.
std::string headerChecksum(std::string_view header);
/// As it stands in the header.
std::string headerEntry(const std::string& checksum);

/// A type of numbers that files and tensors have.
struct NumberType {
  const char* name;  ///< in a header
  at::ScalarType scalar;
  std::uint64_t size;  ///< bytes
};
/// Null where there is none.
const NumberType* numberType(const std::string& name);
const NumberType* numberType(at::ScalarType scalar);

/// JSON as deep as this layout needs, a discarded value for others: a hostile file's nesting would
/// exhaust the stack later.
nlohmann::json parsedHeader(std::string_view text);
/// Brackets that may stand within each other in it.
inline constexpr size_t kHeaderDepth = 100;

enum class Checksums {
  required,   ///< of the header and of every tensor, as this program writes them
  whereGiven  ///< those that are there must be right: the file may come from any program
};

/// Reads one file; every message starts with its name.
class TensorReader {
 public:
  /// Reads the header. \param bytes, name are referred to. \throws Error
  TensorReader(std::string_view bytes, const std::string& name, Checksums checksums);

  /// Reads all of them. \throws Error naming the one that is damaged.
  std::map<std::string, at::Tensor> tensors() const;
  /// \throws Error where there is no such text.
  const std::string& metadata(const std::string& key) const;

  /// `a.safetensors: damaged or not a checkpoint: ...; take another checkpoint`.
  template <typename... Args>
  [[noreturn]] void failDamaged(fmt::format_string<Args...> format, Args&&... args) const {
    const char* what = checksums_ == Checksums::required ? "a checkpoint" : "a safetensors file";
    fail("{}: damaged or not {}: {}; take another {}", name_, what,
         fmt::format(format, std::forward<Args>(args)...), what + 2);
  }

 private:
  void split(std::string_view bytes);
  void readMetadata();
  void checkHeader() const;
  bool isChecked(const std::string& key) const;
  std::uint64_t unsignedAt(const nlohmann::json& list, size_t index,
                           const std::string& tensor) const;
  std::vector<std::pair<std::uint64_t, std::string>> inOrder() const;
  std::vector<std::int64_t> shapeOf(const std::string& tensor, std::uint64_t& bytes) const;
  at::Tensor readTensor(const std::string& tensor, std::uint64_t& end) const;

  const std::string& name_;
  Checksums checksums_;
  std::string_view header_;
  std::string_view data_;
  nlohmann::json entries_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace eq::run
