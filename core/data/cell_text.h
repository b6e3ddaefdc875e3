#pragma once

#include <string>
#include <string_view>

namespace eq::data {

/// Without the white space at both ends, also that of typography, and byte order marks.
std::string_view trimmed(std::string_view text);

/// A name of one line: white space is one space, other control characters stand as \\u001b.
std::string oneLine(std::string_view text);

/// The cell trimmed; blanks, minus and apostrophe of typography as those of the keyboard.
std::string plainText(std::string_view cell);

/// The same for texts in UTF-8 that look alike: case, blanks, invisible characters and how an
/// accent is coded (ä, or a and two dots) do not count, nor which accent it is.
std::u32string folded(std::string_view text);

inline bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace eq::data
