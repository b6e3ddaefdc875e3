#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/data/arrays/stretch.h"

namespace eq::data {

/// A file in a ZIP file.
struct ZipMember {
  std::string name;  ///< "images.npy"
  Stretch stretch;
};

/// The members of a ZIP file by its directory, stored or deflated, also of more than 4 GiB (ZIP64).
/// Sizes and places are checked against the file's size; nothing is inflated.
/// \throws Error with the byte for a broken directory, for members that overlap or are packed or
/// encrypted in another way.
std::vector<ZipMember> zipMembers(const std::shared_ptr<const Bytes>& bytes);

}  // namespace eq::data
