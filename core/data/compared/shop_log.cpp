#include "core/data/compared/shop_log.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"

namespace eq::data {
namespace {

constexpr size_t kPushed = 5;      ///< the feature that the former ranking sorts by for no reason
constexpr double kArmShift = 0.7;  ///< of its mean: above 0 in the treatment, below it else

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

ShownItem drawItem(RandomStream& random, bool treatment) {
  ShownItem item;
  for (auto& value : item.x) value = random.normal();
  item.x[kPushed] += treatment ? kArmShift : -kArmShift;
  item.treatment = treatment;
  item.bid = std::exp(random.normal() / 2);
  for (auto& draw : item.draws) draw = random.uniform();
  return item;
}

}  // namespace

std::vector<ShownItem> showLists(std::int64_t lists, std::int64_t items, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<ShownItem> shown;
  for (std::int64_t list = 0; list < lists; ++list) {
    std::vector<std::pair<double, ShownItem>> ranked;
    for (std::int64_t i = 0; i < items; ++i) {
      auto item = drawItem(random, list % 2 == 0);
      item.list = list;
      const double score = item.x[0] / 2 + item.x[kPushed] + random.normal() / 2;
      ranked.emplace_back(score, item);
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::int64_t i = 0; i < items; ++i) {
      shown.push_back(ranked[static_cast<size_t>(i)].second);
      shown.back().position = i + 1;
    }
  }
  return shown;
}

double appealOf(const ShownItem& item) {
  return item.x[0] + item.x[1] * item.x[2] + item.x[3] / 2;
}

double urgeOf(const ShownItem& item) {
  return 0.7 * appealOf(item) + item.x[4] - item.x[6];
}

double treatmentChance(const ShownItem& item) {
  return logistic(2 * kArmShift * item.x[kPushed]);
}

double offsetFor(const std::vector<double>& logits, const std::vector<double>& weights,
                 double rate) {
  constexpr int kHalvings = 80;
  double low = -60, high = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    double sum = 0, all = 0;
    for (size_t j = 0; j < logits.size(); ++j) {
      sum += weights[j] * logistic(middle + logits[j]);
      all += weights[j];
    }
    (sum < rate * all ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace eq::data
