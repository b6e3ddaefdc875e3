#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace eq::data {

/// The classes of an array's values, 0, 1 ... in the order of the values.
class ClassCodes {
 public:
  explicit ClassCodes(const std::set<double>& values);
  /// Of the values 0, 1 ... count - 1.
  explicit ClassCodes(size_t count);

  size_t size() const { return values_.size(); }
  /// The values as texts.
  std::vector<std::string> names() const;
  /// -1 for a value that has none.
  std::int64_t of(double value);

 private:
  std::vector<double> values_;
  double lastValue_ = std::numeric_limits<double>::quiet_NaN();  ///< often the next one too
  std::int64_t last_ = -1;
};

}  // namespace eq::data
