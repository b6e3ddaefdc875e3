#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/data/warning.h"

namespace eq::data {

/// An array of unsigned bytes in the IDX format of MNIST.
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
