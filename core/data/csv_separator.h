#pragma once

#include <string>
#include <string_view>

namespace eq::data {

/// What divides the fields of a text, found out from its first lines.
struct SeparatorGuess {
  char mark = ',';  ///< ' ' stands for runs of blanks
  std::string
      evidence;  ///< "3 fields in each of the first 20 lines; rivals: semicolon 2 fields ..."
  bool doubtful = false;  ///< the lines are not divided alike, or by another mark as well
};

/// The mark of , ; tab and | that divides all first lines alike into the most fields, runs of
/// blanks where none does; failing that, the one of the header.
SeparatorGuess guessSeparator(std::string_view text);

/// "comma", "semicolon", "tab", "pipe", "blanks"; another mark as it stands.
std::string separatorName(char mark);

}  // namespace eq::data
