#include "core/train/front_preferences.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/metric/pareto/lattice.h"

namespace eq::train {
namespace {

/// ln of a draw of Gamma(shape, 1): Marsaglia and Tsang, A Simple Method for Generating Gamma
/// Variables, 2000; below 1 by Gamma(shape + 1) U^(1/shape). In logarithms, where a small shape
/// leaves no number.
double drawLogGamma(RandomStream& stream, double shape) {
  if (shape < 1) {
    const double power = std::log1p(-stream.uniform()) / shape;
    return drawLogGamma(stream, shape + 1) + power;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double normal = stream.normal();
    const double root = 1 + c * normal;
    if (root <= 0) continue;
    const double cube = root * root * root;
    const double bound = 0.5 * normal * normal + d * (1 - cube + std::log(cube));
    if (std::log1p(-stream.uniform()) < bound) return std::log(d * cube);
  }
}

metric::Points twoTasks(std::int64_t points) {
  metric::Points found;
  for (std::int64_t i = 0; i < points; ++i) {
    const double second = static_cast<double>(i) / static_cast<double>(points - 1);
    found.push_back({1 - second, second});
  }
  return found;
}

metric::Points finestLattice(size_t tasks, std::int64_t points, const std::string& path) {
  std::int64_t divisions = 1;
  while (metric::latticeSize(static_cast<std::int64_t>(tasks), divisions + 1) <=
         static_cast<double>(points))
    ++divisions;
  return metric::simplexLattice(static_cast<std::int64_t>(tasks), divisions, path);
}

metric::Points manyTasks(size_t tasks, std::int64_t points, std::uint64_t seed) {
  metric::Points found;
  for (size_t k = 0; k < tasks; ++k) {
    found.emplace_back(tasks, 0.0);
    found.back()[k] = 1;
  }
  found.push_back(equalPreference(tasks));
  RandomStream stream(seed);
  while (std::ssize(found) < points) found.push_back(drawPreference(stream, tasks, 1));
  return found;
}

}  // namespace

metric::Point drawPreference(RandomStream& stream, size_t tasks, double concentration) {
  metric::Point drawn;
  for (size_t k = 0; k < tasks; ++k) drawn.push_back(drawLogGamma(stream, concentration));
  const double largest = *std::max_element(drawn.begin(), drawn.end());
  for (auto& value : drawn) value = std::exp(value - largest);
  const double sum = std::accumulate(drawn.begin(), drawn.end(), 0.0);
  for (auto& value : drawn) value /= sum;
  return drawn;
}

void requireFrontPoints(size_t tasks, std::int64_t points, const std::string& path) {
  const auto least = static_cast<std::int64_t>(tasks <= 3 ? tasks : tasks + 1);
  if (points < least)
    fail("{}: a front of {} tasks has at least {} points ({}), found {}", path, tasks, least,
         tasks <= 3 ? "each task alone" : "each task alone, and all alike", points);
}

metric::Points frontPreferences(size_t tasks, std::int64_t points, std::uint64_t seed,
                                const std::string& path) {
  requireFrontPoints(tasks, points, path);
  if (tasks == 2) return twoTasks(points);
  return tasks == 3 ? finestLattice(tasks, points, path) : manyTasks(tasks, points, seed);
}

metric::Points stepPreferences(std::uint64_t seed, std::int64_t step, std::int64_t samples,
                               size_t tasks, double concentration) {
  RandomStream stream(deriveSeed(seed, "preferences", static_cast<std::uint64_t>(step)));
  metric::Points drawn;
  for (std::int64_t w = 0; w < samples; ++w)
    drawn.push_back(drawPreference(stream, tasks, concentration));
  return drawn;
}

metric::Point equalPreference(size_t tasks) {
  return metric::Point(tasks, 1 / static_cast<double>(tasks));
}

metric::Point checkedPreference(metric::Point given, size_t tasks, const std::string& path) {
  if (given.size() != tasks)
    fail("{}: expected {} numbers, one a task, found {}", path, tasks, given.size());
  for (const double value : given)
    if (!(value >= 0) || !std::isfinite(value))
      fail("{}: expected numbers from 0 on, found {}", path, value);
  const double sum = std::accumulate(given.begin(), given.end(), 0.0);
  if (!(sum > 0) || !std::isfinite(sum))
    fail("{}: expected a number above 0 for some task, found {} in all", path, sum);
  for (auto& value : given) value /= sum;
  return given;
}

}  // namespace eq::train
