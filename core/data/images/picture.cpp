#include "core/data/images/picture.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/data/images/picture_decoders.h"

namespace eq::data {
namespace {

constexpr std::string_view kPng{"\x89PNG\r\n\x1a\n", 8};
constexpr std::string_view kJpeg{"\xff\xd8\xff", 3};
constexpr size_t kShown = 8;  // bytes of a file that is neither

Picture decode(const std::string& bytes, const std::string& name, bool pixels) {
  if (bytes.empty()) fail("{}: is empty; expected a PNG or JPEG image", name);
  if (bytes.starts_with(kPng)) return decodePng(bytes, name, pixels);
  if (bytes.starts_with(kJpeg)) return decodeJpeg(bytes, name, pixels);
  fail("{}: byte 0: expected a PNG or JPEG image, found \"{}\"", name,
       printable(bytes.substr(0, kShown)));
}

}  // namespace

Picture decodePicture(const std::string& bytes, const std::string& name) {
  return decode(bytes, name, true);
}

PictureFormat decodePictureFormat(const std::string& bytes, const std::string& name) {
  return decode(bytes, name, false).format;
}

void requireFewPixels(const PictureFormat& format, const std::string& name) {
  if (format.height > kMostPixels / std::max<std::int64_t>(1, format.width))
    fail("{}: {} x {} pixels (height x width) are more than {}", name, format.height, format.width,
         kMostPixels);
}

bool isPictureName(const std::filesystem::path& file) {
  auto ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

}  // namespace eq::data
