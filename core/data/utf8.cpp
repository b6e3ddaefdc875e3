#include "core/data/utf8.h"

#include <algorithm>

#include "core/base/error.h"

namespace eq::data {
namespace {

/// Length of the UTF-8 sequence at `position`, 0 when it is none.
size_t sequenceLength(std::string_view text, size_t position) {
  const auto lead = static_cast<unsigned char>(text[position]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || position + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[position + i]) & 0xc0) != 0x80) return 0;
  const auto second = static_cast<unsigned char>(text[position + 1]);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

}  // namespace

void requireUtf8(std::string_view text, const std::string& name) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    fail("{}:1: the file is in UTF-16; save it as UTF-8", name);
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequenceLength(text, at);
    if (length == 0 || text[at] == '\0') {
      const auto line = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
      if (length == 0)
        fail("{}:{}: byte {} is not UTF-8; save the file as UTF-8", name, line + 1, at);
      fail("{}:{}: byte {} is zero; this is no text file", name, line + 1, at);
    }
    at += length;
  }
}

}  // namespace eq::data
