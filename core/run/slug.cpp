#include "core/run/slug.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/base/sha256.h"
#include "core/base/text.h"

namespace eq::run {
namespace {

constexpr size_t kLongest = 120;  // bytes; some file systems stop at 143 with the time before it
constexpr size_t kHashDigits = 8;

struct Range {
  std::uint32_t first, last;
};

/// Beyond ASCII: what is no letter, digit or mark of one: controls, punctuation, symbols, pictures,
/// characters without a shape.
constexpr Range kNoLetters[] = {
    {0x80, 0xa9},       {0xab, 0xb4},       {0xb6, 0xb9},     {0xbb, 0xbf},     {0xd7, 0xd7},
    {0xf7, 0xf7},       {0x2000, 0x2bff},   {0x2e00, 0x2e7f}, {0x3000, 0x3004}, {0x3007, 0x3020},
    {0xd800, 0xf8ff},   {0xfe00, 0xfe6f},   {0xfeff, 0xff0f}, {0xff1a, 0xff20}, {0xfff0, 0xffff},
    {0x1f000, 0x1faff}, {0xe0000, 0x10ffff}};

/// \param bytes one character of UTF-8.
std::uint32_t codePoint(std::string_view bytes) {
  constexpr std::uint32_t kLead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t code = static_cast<unsigned char>(bytes[0]) & kLead[bytes.size()];
  for (const char c : bytes.substr(1)) code = (code << 6) | (static_cast<unsigned char>(c) & 0x3f);
  return code;
}

bool isLetter(std::string_view character) {
  const auto code = codePoint(character);
  if (code < 0x80)
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
           (code >= '0' && code <= '9');
  return std::none_of(std::begin(kNoLetters), std::end(kNoLetters), [&](const Range& range) {
    return code >= range.first && code <= range.last;
  });
}

std::string hyphenated(const std::string& name) {
  std::string slug;
  for (size_t i = 0; i < name.size();) {
    const auto length = characterAt(name, i);
    const auto character = std::string_view(name).substr(i, length);
    i += std::max<size_t>(length, 1);
    if (length == 1 && isLetter(character))
      slug += static_cast<char>(character[0] >= 'A' && character[0] <= 'Z' ? character[0] + 32
                                                                           : character[0]);
    else if (length > 1 && isLetter(character))
      slug += character;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  if (slug.ends_with('-')) slug.pop_back();
  return slug;
}

}  // namespace

std::string slugOf(const std::string& name) {
  const auto slug = hyphenated(name);
  if (slug.empty()) return "run";
  if (slug.size() <= kLongest) return slug;
  std::string cut(cutAt(slug, kLongest - kHashDigits - 1));
  if (cut.ends_with('-')) cut.pop_back();
  return cut + "-" + sha256(name).substr(0, kHashDigits);
}

}  // namespace eq::run
