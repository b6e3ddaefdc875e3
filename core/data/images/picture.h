#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace eq::data {

/// Pixels that an image may have: more are taken for a mistake, or for an attack.
inline constexpr std::int64_t kMostPixels = 50'000'000;

/// What the header of an image file says.
struct PictureFormat {
  std::int64_t height = 0, width = 0;
  std::int64_t channels = 1;  ///< 1: grey, 3: red, green and blue
  std::int64_t white = 255;   ///< the largest value; 65535 with 16 bits a channel
  bool alpha = false;         ///< it has transparency, which is left out
};

/// An image as it stands in its file: neither gamma nor colour profile nor orientation are applied.
struct Picture {
  PictureFormat format;
  std::vector<std::uint16_t> values;  ///< [height, width, channels], 0 to white
};

/// Of a PNG or JPEG image, which is told by its first bytes. Palettes become colours, fewer than 8
/// bits a channel 8. \param bytes the file. \param name for messages.
/// \throws Error `x.png: byte 812: ...` where it is broken, cut off or too large, and for JPEG in
/// CMYK.
Picture decodePicture(const std::string& bytes, const std::string& name);
/// The same without the pixels.
PictureFormat decodePictureFormat(const std::string& bytes, const std::string& name);

/// Whether the name ends as that of a PNG or JPEG image, in any case.
bool isPictureName(const std::filesystem::path& file);

}  // namespace eq::data
