#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace eq::data {

/// How a file holds the numbers of an array.
struct ElementType {
  enum class Kind { boolean, integer, natural, real };  ///< natural: whole numbers from 0
  Kind kind = Kind::real;
  size_t bytes = 4;
  bool bigEndian = false;

  bool whole() const { return kind != Kind::real; }
  /// Whether a number of 32 bits (float32) holds each of them exactly.
  bool exactIn32Bits() const { return bytes <= 2 || (!whole() && bytes == 4); }
};

/// As NumPy calls it: "uint8", "float32", "bool"; of more than a byte also "big-endian int16".
std::string toText(const ElementType& type);

/// The numbers that the bytes hold. \param bytes out.size() * type.bytes of them.
/// \returns the index of the first whole number that a double does not hold exactly (beyond 2^53),
/// out.size() without one. A boolean is 1 unless its byte is 0.
size_t decodeNumbers(const ElementType& type, const char* bytes, std::span<double> out);

}  // namespace eq::data
