#include "core/data/arrays/class_codes.h"

#include <algorithm>

#include "core/base/number_text.h"

namespace eq::data {

ClassCodes::ClassCodes(const std::set<double>& values) : values_(values.begin(), values.end()) {}

ClassCodes::ClassCodes(size_t count) {
  for (size_t i = 0; i < count; ++i) values_.push_back(static_cast<double>(i));
}

std::vector<std::string> ClassCodes::names() const {
  std::vector<std::string> texts;
  for (const double value : values_) texts.push_back(numberText(value));
  return texts;
}

std::int64_t ClassCodes::of(double value) {
  if (value == lastValue_) return last_;
  const auto found = std::lower_bound(values_.begin(), values_.end(), value);
  const bool known = found != values_.end() && *found == value;
  lastValue_ = value;
  return last_ = known ? found - values_.begin() : -1;
}

}  // namespace eq::data
