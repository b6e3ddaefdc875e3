#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/arrays/number_array.h"
#include "core/data/warning.h"

namespace eq::data {

/// "train-images" of train-images-idx3-ubyte, train-images.idx3-ubyte.gz and train-images.idx;
/// empty of names of other files.
std::string idxName(const std::string& file);

/// The array of an IDX file, of any type; a gzip file is inflated into memory.
/// \param warnings as of readBytes. \throws Error with the byte, and as requireElements.
NumberArray openIdx(const std::filesystem::path& file, std::string name,
                    std::vector<Warning>& warnings);

/// The same of a file that is open, plain.
NumberArray openIdx(const std::shared_ptr<const Bytes>& bytes, std::string name);

}  // namespace eq::data
