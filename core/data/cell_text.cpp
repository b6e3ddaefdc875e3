#include "core/data/cell_text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace eq::data {
namespace {

/// No-break blanks, narrow and ideographic ones, byte order mark.
constexpr std::array<std::string_view, 5> kBlanks{"\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\xaf",
                                                  "\xe3\x80\x80", "\xef\xbb\xbf"};
constexpr std::string_view kWhite = " \t\r\n";

/// Letters without their accents from U+00E0 and from U+0100; * has none.
constexpr std::string_view kLatin1 = "aaaaaa*ceeeeiiii*nooooo**uuuuy*y";
constexpr std::string_view kExtended =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkkllllllllllnnnnnnnnnoooooo**rrrrrr"
    "ssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
constexpr char32_t kAccent = 1;

/// The code point at `at`, which moves behind it. The text is UTF-8.
char32_t codePoint(std::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  char32_t code = lead >= 0xf0 ? lead & 7U : lead >= 0xe0 ? lead & 15U : lead & 31U;
  for (; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; ++at)
    code = code << 6 | (static_cast<unsigned char>(text[at]) & 0x3fU);
  return code;
}

bool within(char32_t code, char32_t first, char32_t last) {
  return code >= first && code <= last;
}

char32_t lowerCase(char32_t code) {
  const bool latin = within(code, 0xc0, 0xde) && code != 0xd7;
  if (within(code, 'A', 'Z') || latin) return code + 0x20;
  if (within(code, 0x391, 0x3a9) || within(code, 0x410, 0x42f)) return code + 0x20;
  if (within(code, 0x400, 0x40f)) return code + 0x50;
  return within(code, 0xff21, 0xff3a) ? code - 0xff21 + 'a' : code;
}

bool isInvisible(char32_t code) {
  return code == 0xad || code == 0xfeff || code == 0x3000 || within(code, 0x2000, 0x200f) ||
         code == ' ' || code == '\t' || code == 0xa0 || code == 0x202f;
}

char32_t baseLetter(char32_t code) {
  const char base = within(code, 0xe0, 0xff)     ? kLatin1[code - 0xe0]
                    : within(code, 0x100, 0x17f) ? kExtended[code - 0x100]
                                                 : '*';
  return base == '*' ? 0 : static_cast<char32_t>(base);
}

/// \returns how many bytes at `at` are one character that does not belong in a line; its escape or
/// blank is in `shown`.
size_t unprintable(std::string_view text, size_t at, std::string& shown) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto c = byte(at), next = byte(at + 1), third = byte(at + 2);
  shown.assign(1, ' ');
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  shown = fmt::format("\\u{:04x}", c < 0x80 ? c : next);
  if (c < 0x20 || c == 0x7f) return 1;
  if (c == 0xc2 && next >= 0x80 && next <= 0x9f) return 2;
  // U+2028, U+2029 end lines; U+202A to U+202E and U+2066 to U+2069 turn the direction.
  shown = fmt::format("\\u{:04x}", 0x2000 + ((next & 0x3f) << 6) + (third & 0x3f));
  const bool general = c == 0xe2 && ((next == 0x80 && third >= 0xa8 && third <= 0xae) ||
                                     (next == 0x81 && third >= 0xa6 && third <= 0xa9));
  return general ? 3 : 0;
}

}  // namespace

std::string oneLine(std::string_view text) {
  std::string out, shown;
  for (size_t i = 0; i < text.size();) {
    const size_t length = unprintable(text, i, shown);
    if (length == 0)
      out += text[i];
    else if (shown != " " || !out.ends_with(' '))
      out += shown;
    i += std::max<size_t>(length, 1);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  for (bool found = true; found;) {
    found = false;
    const size_t begin = std::min(text.find_first_not_of(kWhite), text.size());
    text.remove_prefix(begin);
    text = text.substr(0, text.find_last_not_of(kWhite) + 1);
    for (const auto blank : kBlanks) {
      if (text.starts_with(blank)) text.remove_prefix(blank.size()), found = true;
      if (text.ends_with(blank)) text.remove_suffix(blank.size()), found = true;
    }
  }
  return text;
}

std::string plainText(std::string_view cell) {
  std::string text(trimmed(cell));
  const std::array<std::pair<std::string_view, char>, 5> signs{{{"\xc2\xa0", ' '},
                                                                {"\xe2\x80\x89", ' '},
                                                                {"\xe2\x80\xaf", ' '},
                                                                {"\xe2\x88\x92", '-'},
                                                                {"\xe2\x80\x99", '\''}}};
  for (const auto& [from, to] : signs)
    for (size_t at = text.find(from); at != text.npos; at = text.find(from))
      text.replace(at, from.size(), 1, to);
  return text;
}

std::u32string folded(std::string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const char32_t code = lowerCase(codePoint(text, at));
    if (isInvisible(code)) continue;
    const char32_t base = baseLetter(code);
    const bool accent = base != 0 || within(code, 0x300, 0x36f);
    if (!within(code, 0x300, 0x36f)) out += base != 0 ? base : code;
    if (accent && (out.empty() || out.back() != kAccent)) out += kAccent;
  }
  return out;
}

}  // namespace eq::data
