#include "core/study/report/chart_points.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

namespace eq::study {
namespace {

constexpr std::size_t kStretches = 120;

/// Of the rows [begin, end).
std::set<std::size_t> keptRows(const std::vector<double>& y, std::size_t begin, std::size_t end) {
  std::set<std::size_t> kept{begin, end - 1};
  std::size_t least = end, greatest = end;
  for (std::size_t i = begin; i < end; ++i) {
    if (!std::isfinite(y[i])) {
      if (i == begin || std::isfinite(y[i - 1])) kept.insert(i);  // one gap stands for its rows
      continue;
    }
    if (least == end || y[i] < y[least]) least = i;
    if (greatest == end || y[i] > y[greatest]) greatest = i;
  }
  if (least != end) kept.insert({least, greatest});
  return kept;
}

}  // namespace

ChartPoints chartPoints(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() <= 4 * kStretches) return {x, y};
  ChartPoints points;
  for (std::size_t k = 0; k < kStretches; ++k) {
    const std::size_t begin = k * x.size() / kStretches, end = (k + 1) * x.size() / kStretches;
    for (const auto row : keptRows(y, begin, end)) {
      points.x.push_back(x[row]);
      points.y.push_back(y[row]);
    }
  }
  return points;
}

}  // namespace eq::study
