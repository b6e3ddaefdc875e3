#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/warning.h"

namespace eq::data {

/// What the header of a file in the IDX format of MNIST says.
struct IdxHeader {
  std::uint8_t type = 0;  ///< of the elements: 0x08 unsigned and 0x09 signed byte, 0x0b and 0x0c
                          ///< integers of 2 and 4 bytes, 0x0d and 0x0e floats of 4 and 8 bytes
  std::vector<std::int64_t> shape;
  size_t begin = 0;  ///< byte of the first element; all are big-endian
};

/// The longest header in bytes.
constexpr size_t kIdxHeader = 20;

/// \param front of the file: kIdxHeader bytes, or all of them. \param name for messages.
/// \throws Error with the byte.
IdxHeader parseIdxHeader(std::string_view front, const std::string& name);

/// An array of unsigned bytes.
struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;  ///< C order
};

/// Reads an IDX file, plain or gzip. The header is checked against the file's size before anything
/// is allocated for the values. \param warnings as of readBytes.
/// \throws Error `train-images-idx3-ubyte: byte 784016: the file ends here, but ...`.
IdxArray readIdx(const std::filesystem::path& file, std::vector<Warning>& warnings);

/// The same from memory. \param name for messages.
IdxArray parseIdx(const std::string& bytes, const std::string& name);

}  // namespace eq::data
