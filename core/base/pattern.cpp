#include "core/base/pattern.h"

#include <cstddef>

namespace eq {

bool fitsPattern(std::string_view name, std::string_view pattern) {
  // Where the last star stands, and how much of the name it has taken.
  size_t star = std::string_view::npos, taken = 0;
  size_t n = 0, p = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace eq
