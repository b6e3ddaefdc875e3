#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/warning.h"

namespace eq::data {

/// The most bytes that a reader takes into memory, inflated.
constexpr size_t kLargestFile = size_t{2} << 30;

/// The bytes of a file, inflated when it is gzip (its first two bytes say so, not its name).
/// \param warnings take a remark about bytes behind the gzip data; zeros are padding and pass.
/// \param limit in bytes; more is refused before it is held in memory.
/// \throws Error naming the file, and the byte where compressed data are cut off or broken.
std::string readBytes(const std::filesystem::path& file, std::vector<Warning>& warnings,
                      size_t limit = kLargestFile);

/// The first bytes of a file, inflated when it is gzip. \param most so many are enough; a few more
/// may come. \param whole becomes whether there are no others. \throws Error as readBytes.
std::string readFront(const std::filesystem::path& file, size_t most, bool& whole);

/// Inflates gzip data of one or more members; checksums are checked. \param name for messages.
std::string inflateGzip(std::string_view packed, const std::string& name, size_t limit,
                        std::vector<Warning>& warnings);

}  // namespace eq::data
