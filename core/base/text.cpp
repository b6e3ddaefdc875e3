#include "core/base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace eq {
namespace {

using nlohmann::json;

unsigned byteAt(std::string_view text, size_t index) {
  return index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
}

bool isContinuation(unsigned byte) {
  return (byte & 0xc0) == 0x80;
}

/// The second byte excludes what has a shorter form, surrogates and what lies beyond U+10FFFF.
bool isSecond(unsigned first, unsigned second) {
  if (first == 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (first == 0xed) return second >= 0x80 && second <= 0x9f;
  if (first == 0xf0) return second >= 0x90 && second <= 0xbf;
  if (first == 0xf4) return second >= 0x80 && second <= 0x8f;
  return isContinuation(second);
}

json withPrintableTexts(const json& value) {
  if (value.is_string()) return printable(value.get_ref<const std::string&>());
  if (value.is_object()) {
    auto out = json::object();
    for (const auto& [key, part] : value.items()) out[printable(key)] = withPrintableTexts(part);
    return out;
  }
  if (!value.is_array()) return value;
  auto out = json::array();
  for (const auto& part : value) out.push_back(withPrintableTexts(part));
  return out;
}

}  // namespace

size_t characterAt(std::string_view text, size_t index) {
  const auto first = byteAt(text, index);
  if (index >= text.size()) return 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !isSecond(first, byteAt(text, index + 1))) return 0;
  if (first < 0xe0) return 2;
  if (!isContinuation(byteAt(text, index + 2))) return 0;
  if (first < 0xf0) return 3;
  return isContinuation(byteAt(text, index + 3)) ? 4 : 0;
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size();) {
    const auto length = characterAt(bytes, i);
    if (length > 0)
      text += bytes.substr(i, length);
    else
      text += fmt::format("\\x{:02X}", byteAt(bytes, i));
    i += std::max<size_t>(length, 1);
  }
  return text;
}

std::string jsonText(const json& value, int indent) {
  return withPrintableTexts(value).dump(indent);
}

std::string_view cutAt(std::string_view text, size_t limit) {
  size_t end = 0;
  while (end < text.size()) {
    const auto length = std::max<size_t>(characterAt(text, end), 1);
    if (end + length > limit) break;
    end += length;
  }
  return text.substr(0, end);
}

}  // namespace eq
