#pragma once

#include <filesystem>
#include <vector>

#include "core/data/arrays/number_array.h"
#include "core/data/warning.h"

namespace eq::data {

/// The arrays of a path, by name.
struct ArrayFiles {
  std::vector<NumberArray> arrays;
  std::vector<Warning> warnings;  ///< of what else is there and is not read
};

/// Those of an NPZ file; those of a folder, a file each (x.npy: "x", train-images-idx3-ubyte.gz:
/// "train-images"), and of its folders that are called train, validation, test or the like
/// ("train/x"). Only headers are read, but of gzip files all.
/// \throws Error with file and byte for a broken one, and when there is none.
ArrayFiles findArrays(const std::filesystem::path& path);

}  // namespace eq::data
