#include "core/metric/pareto/monte_carlo.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"

namespace eq::metric {
namespace {

bool isBeyond(const Point& place, const Point& point) {
  for (size_t k = 0; k < place.size(); ++k)
    if (point[k] > place[k]) return false;
  return true;
}

Point drawPlace(RandomStream& random, const Point& ideal, const Point& reference) {
  Point place(ideal.size());
  for (size_t k = 0; k < place.size(); ++k) {
    const double share = random.uniform();
    place[k] = (1 - share) * ideal[k] + share * reference[k];
  }
  return place;
}

}  // namespace

SampledVolume sampledVolume(const Points& points, const Point& ideal, const Point& reference,
                            std::uint64_t samples, std::uint64_t seed) {
  double volume = 1;
  for (size_t k = 0; k < ideal.size(); ++k) {
    if (!(ideal[k] < reference[k])) return {};
    volume *= reference[k] - ideal[k];
  }
  RandomStream random(deriveSeed(seed, "pareto"));
  std::uint64_t hits = 0;
  for (std::uint64_t i = 0; i < samples; ++i) {
    const Point place = drawPlace(random, ideal, reference);
    hits += std::any_of(points.begin(), points.end(),
                        [&](const Point& point) { return isBeyond(place, point); });
  }
  const double count = static_cast<double>(samples);
  const double share = static_cast<double>(hits) / count;
  return {volume * share, volume * std::sqrt(share * (1 - share) / count)};
}

}  // namespace eq::metric
