#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/data/warning.h"

namespace eq::data {

constexpr std::int64_t kDigitClasses = 10;

/// Grey images of the ten digits (or of ten other classes).
struct DigitImages {
  std::int64_t edge = 0;             ///< height and width
  int white = 255;                   ///< the largest grey value
  std::vector<std::uint8_t> pixels;  ///< image after image, row by row
  std::vector<std::uint8_t> labels;  ///< 0..9

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  const std::uint8_t* image(std::int64_t index) const {
    return pixels.data() + index * edge * edge;
  }
};

/// The originals of each part; no original is in two parts.
struct DigitParts {
  DigitImages train, validation, test;
  std::vector<Warning> warnings;
};

/// The 1,797 images of 8x8 that ship with the samples (UCI Optical Recognition of Handwritten
/// Digits, CC BY 4.0), shuffled and divided 70 : 15 : 15.
DigitParts shippedDigits(std::uint64_t seed);

/// MNIST, Fashion-MNIST or the like from a folder with their four IDX files, plain or .gz. A sixth
/// of the training images, chosen at random, becomes the validation part.
/// \throws Error naming the file that is missing or broken, and the byte.
DigitParts idxDigits(const std::filesystem::path& folder, std::uint64_t seed);

/// "0" to "9".
std::vector<std::string> digitNames();

}  // namespace eq::data
