#pragma once

#include <cstdint>
#include <filesystem>

namespace eq::data {

/// What the headers of the images in a folder say.
struct ImageFolder {
  std::size_t images = 0, classes = 0;
  std::int64_t height = 0, width = 0;  ///< the largest
  bool oneSize = true;
};

/// Whether a folder holds folders with PNG or JPEG files, by their names: what the dataset "images"
/// reads without a table.
bool isImageFolder(const std::filesystem::path& folder);

/// \pre isImageFolder. \throws Error naming a file whose header cannot be read.
ImageFolder surveyImageFolder(const std::filesystem::path& folder);

}  // namespace eq::data
