#include "widgets/plots/layer_conflicts.h"

#include <algorithm>
#include <cmath>

namespace eq::widgets {
namespace {

/// Sums of what is finite, by pair.
struct PairSums {
  std::vector<double> sums, counts;
  double below = 0;
};

void addTo(PairSums& sums, const std::vector<double>& cosines) {
  sums.sums.resize(std::max(sums.sums.size(), cosines.size()));
  sums.counts.resize(sums.sums.size());
  for (std::size_t pair = 0; pair < cosines.size(); ++pair) {
    if (!std::isfinite(cosines[pair])) continue;
    sums.sums[pair] += cosines[pair];
    sums.counts[pair] += 1;
    sums.below += cosines[pair] < 0;
  }
}

LayerStrife strifeOf(const std::string& layer, const PairSums& sums, const RunData& data) {
  LayerStrife out{layer, 0, 0, 2, {-1, -1}};
  double count = 0;
  for (std::size_t pair = 0; pair < sums.sums.size(); ++pair) {
    if (sums.counts[pair] == 0) continue;
    out.cosine += sums.sums[pair];
    count += sums.counts[pair];
    const double mean = sums.sums[pair] / sums.counts[pair];
    if (mean >= out.worst) continue;
    out.worst = mean;
    out.between = data.pairTasks(static_cast<int>(pair));
  }
  out.cosine = count > 0 ? out.cosine / count : std::nan("");
  out.conflicts = count > 0 ? sums.below / count : std::nan("");
  return out;
}

}  // namespace

std::vector<LayerStrife> layersByConflict(const RunData& data, std::size_t& samples) {
  const auto& conflicts = data.conflicts();
  std::vector<std::string> layers;
  std::vector<PairSums> sums;
  std::size_t taken = 0;
  for (std::size_t i = conflicts.size(); i-- > 0 && taken < samples;) {
    if (conflicts[i].layers.empty()) continue;
    ++taken;
    if (layers.empty())
      for (const auto& layer : conflicts[i].layers) layers.push_back(layer.name);
    sums.resize(layers.size());
    for (const auto& layer : conflicts[i].layers) {
      const auto at = std::find(layers.begin(), layers.end(), layer.name);
      if (at != layers.end())
        addTo(sums[static_cast<std::size_t>(at - layers.begin())], layer.cosines);
    }
  }
  samples = taken;
  std::vector<LayerStrife> out;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto one = strifeOf(layers[i], sums[i], data);
    if (std::isfinite(one.cosine)) out.push_back(std::move(one));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const LayerStrife& a, const LayerStrife& b) { return a.cosine < b.cosine; });
  return out;
}

}  // namespace eq::widgets
