#pragma once

#include <string>

namespace eq {

// How every output spells a number, so that a search finds it: "nan", "inf" and "-inf" where it is
// not finite. A nan has no sign, although fmt shows that of its bits.

/// The shortest text that reads back as the number: "0.1", "1e+30".
std::string numberText(double value);

/// Rounded to significant digits, as {:.4g}: "0.3333".
std::string numberText(double value, int digits);

}  // namespace eq
