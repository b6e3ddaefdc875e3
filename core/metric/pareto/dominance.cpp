#include "core/metric/pareto/dominance.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/metric/pareto/extent.h"

namespace eq::metric {
namespace {

using Indices = std::vector<size_t>;

Indices allIndices(size_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), size_t{0});
  return indices;
}

/// Whether a member of a layer dominates the point. The members stand in the order of their
/// numbers: in a plane the last of them has the least second value.
bool layerDominates(const Points& points, const Indices& layer, const Point& point) {
  if (point.size() == 2) return dominates(points[layer.back()], point);
  return std::any_of(layer.rbegin(), layer.rend(),
                     [&](size_t member) { return dominates(points[member], point); });
}

/// Each point in the order of its numbers belongs to the first layer that does not dominate it; as
/// dominance is transitive, that is found by bisection.
std::vector<std::int64_t> layersOfSorted(const Points& points) {
  auto order = allIndices(points.size());
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return points[a] < points[b]; });
  std::vector<Indices> layers;
  std::vector<std::int64_t> ranks(points.size(), 0);
  for (const size_t i : order) {
    const auto place = std::partition_point(
        layers.begin(), layers.end(),
        [&](const Indices& layer) { return layerDominates(points, layer, points[i]); });
    ranks[i] = place - layers.begin();
    if (place == layers.end())
      layers.push_back({i});
    else
      place->push_back(i);
  }
  return ranks;
}

/// By definition, layer after layer: with a tolerance dominance is not transitive.
std::vector<std::int64_t> peeled(const Points& points, double epsilon) {
  std::vector<size_t> dominators(points.size(), 0);
  for (size_t i = 0; i < points.size(); ++i)
    for (const auto& other : points) dominators[i] += dominates(other, points[i], epsilon);
  std::vector<std::int64_t> ranks(points.size(), 0);
  auto left = allIndices(points.size());
  for (std::int64_t rank = 0; !left.empty(); ++rank) {
    const auto rest = std::stable_partition(left.begin(), left.end(),
                                            [&](size_t i) { return dominators[i] == 0; });
    const Indices layer(left.begin(), rest);
    left.erase(left.begin(), rest);
    for (const size_t member : layer) {
      ranks[member] = rank;
      for (const size_t i : left) dominators[i] -= dominates(points[member], points[i], epsilon);
    }
  }
  return ranks;
}

/// Adds what one objective gives to the members of a rank.
void addGaps(const Points& points, Indices members, size_t axis, std::vector<double>& sums) {
  std::sort(members.begin(), members.end(), [&](size_t a, size_t b) {
    return points[a][axis] != points[b][axis] ? points[a][axis] < points[b][axis] : a < b;
  });
  const auto value = [&](size_t place) { return points[members[place]][axis]; };
  const size_t last = members.size() - 1;
  if (!(value(last) > value(0))) return;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  sums[members[0]] = sums[members[last]] = kInfinity;
  for (size_t place = 1; place < last; ++place)
    sums[members[place]] += shareOf(value(place + 1), value(place - 1), value(last), value(0));
}

}  // namespace

bool dominates(const Point& a, const Point& b, double epsilon) {
  bool isBetter = false;
  for (size_t k = 0; k < a.size(); ++k) {
    if (a[k] > b[k]) return false;
    isBetter |= a[k] < b[k] - epsilon;
  }
  return isBetter;
}

std::vector<std::int64_t> dominanceRanks(const Points& points, double epsilon) {
  return epsilon > 0 ? peeled(points, epsilon) : layersOfSorted(points);
}

std::vector<double> crowdingDistances(const Points& points,
                                      const std::vector<std::int64_t>& ranks) {
  std::vector<Indices> members;
  for (size_t i = 0; i < ranks.size(); ++i) {
    const auto rank = static_cast<size_t>(ranks[i]);
    if (members.size() <= rank) members.resize(rank + 1);
    members[rank].push_back(i);
  }
  std::vector<double> sums(points.size(), 0.0);
  for (const auto& rank : members) {
    if (rank.size() <= 2)
      for (const size_t i : rank) sums[i] = std::numeric_limits<double>::infinity();
    else
      for (size_t axis = 0; axis < points.front().size(); ++axis) addGaps(points, rank, axis, sums);
  }
  return sums;
}

std::vector<size_t> frontIndices(const std::vector<std::int64_t>& ranks) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < ranks.size(); ++i)
    if (ranks[i] == 0) indices.push_back(i);
  return indices;
}

}  // namespace eq::metric
