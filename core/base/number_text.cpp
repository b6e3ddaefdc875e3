#include "core/base/number_text.h"

#include <cmath>

#include <fmt/format.h>

namespace eq {

std::string numberText(double value) {
  return std::isnan(value) ? "nan" : fmt::to_string(value);
}

std::string numberText(double value, int digits) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}g}", value, digits);
}

}  // namespace eq
