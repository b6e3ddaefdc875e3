#include "core/metric/pareto/isolation_forest.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

#include "core/base/random.h"

namespace eq::metric {
namespace {

/// The mean depth of a search tree of so many points where a search ends without success.
double searchDepth(size_t points) {
  if (points <= 1) return 0;
  if (points == 2) return 1;
  const auto n = static_cast<double>(points);
  return 2 * (std::log(n - 1) + std::numbers::egamma) - 2 * (n - 1) / n;
}

/// A tree of random splits.
class IsolationTree {
 public:
  IsolationTree(const Points& points, std::vector<size_t> rows, std::int64_t limit,
                RandomStream& stream)
      : points_(points), stream_(stream) {
    grow(std::move(rows), limit);
  }

  /// Splits on the way of a point, and those that would part it from the rest of its leaf.
  double pathLength(const Point& point) const {
    size_t place = 0;
    double depth = 0;
    while (nodes_[place].left > 0) {
      const auto& node = nodes_[place];
      place = point[node.coordinate] < node.value ? node.left : node.right;
      ++depth;
    }
    return depth + searchDepth(nodes_[place].points);
  }

 private:
  struct Node {
    size_t points = 0;  ///< that have come here
    size_t left = 0, right = 0, coordinate = 0;
    double value = 0;
  };

  std::pair<double, double> rangeIn(const std::vector<size_t>& rows, size_t coordinate) const {
    double low = points_[rows[0]][coordinate], high = low;
    for (const auto row : rows) {
      low = std::min(low, points_[row][coordinate]);
      high = std::max(high, points_[row][coordinate]);
    }
    return {low, high};
  }

  size_t grow(std::vector<size_t> rows, std::int64_t limit) {
    const auto place = nodes_.size();
    nodes_.push_back({rows.size()});
    if (rows.size() < 2 || limit == 0) return place;
    std::vector<size_t> differing;
    for (size_t c = 0; c < points_[0].size(); ++c)
      if (const auto [low, high] = rangeIn(rows, c); low < high) differing.push_back(c);
    if (differing.empty()) return place;
    const auto coordinate = differing[stream_.below(differing.size())];
    const auto [low, high] = rangeIn(rows, coordinate);
    const double drawn = low + (high - low) * stream_.uniform();
    const double value = drawn > low ? drawn : high;  // both sides have points
    const auto middle = std::stable_partition(
        rows.begin(), rows.end(), [&](size_t row) { return points_[row][coordinate] < value; });
    const auto left = grow({rows.begin(), middle}, limit - 1);
    const auto right = grow({middle, rows.end()}, limit - 1);
    nodes_[place] = {rows.size(), left, right, coordinate, value};
    return place;
  }

  const Points& points_;
  RandomStream& stream_;
  std::vector<Node> nodes_;
};

}  // namespace

Point isolationScores(const Points& points, const IsolationOptions& options) {
  const auto all = static_cast<std::int64_t>(points.size());
  const auto sample = std::min(options.sample, all);
  const auto limit = static_cast<std::int64_t>(
      std::ceil(std::log2(static_cast<double>(std::max<std::int64_t>(sample, 2)))));
  Point lengths(points.size(), 0.0);
  for (std::int64_t tree = 0; tree < options.trees; ++tree) {
    RandomStream stream(
        deriveSeed(options.seed, "isolation tree", static_cast<std::uint64_t>(tree)));
    const auto order = stream.permutation(all);
    const IsolationTree grown(points, {order.begin(), order.begin() + sample}, limit, stream);
    for (size_t i = 0; i < points.size(); ++i) lengths[i] += grown.pathLength(points[i]);
  }
  const double usual = searchDepth(static_cast<size_t>(sample));
  for (auto& length : lengths)
    length = usual > 0 ? std::exp2(-length / static_cast<double>(options.trees) / usual) : 0.5;
  return lengths;
}

}  // namespace eq::metric
