#include "core/base/nearest.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace eq {
namespace {

constexpr size_t kListed = 12;
constexpr size_t kNearest = 3;

}  // namespace

size_t editDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string namesNear(const std::string& name, const std::vector<std::string>& names) {
  if (names.size() <= kListed) return fmt::format("{}", fmt::join(names, ", "));
  std::vector<std::pair<size_t, size_t>> order;
  for (size_t i = 0; i < names.size(); ++i) order.emplace_back(editDistance(name, names[i]), i);
  std::partial_sort(order.begin(), order.begin() + kNearest, order.end());
  std::vector<std::string> nearest;
  for (size_t i = 0; i < kNearest; ++i) nearest.push_back(names[order[i].second]);
  return fmt::format("{} names, the nearest {}", names.size(), fmt::join(nearest, ", "));
}

}  // namespace eq
