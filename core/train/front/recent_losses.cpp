#include "core/train/front/recent_losses.h"

#include <cmath>
#include <numeric>

namespace eq::train {
namespace {

constexpr size_t kLosses = 25;

double meanOfLosses(const std::deque<double>& losses) {
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

}  // namespace

void RecentLosses::add(const metric::Point& losses, const std::vector<char>& active) {
  for (size_t k = 0; k < last_.size(); ++k) {
    if (!active[k] || !std::isfinite(losses[k])) continue;
    last_[k].push_back(losses[k]);
    if (last_[k].size() > kLosses) last_[k].pop_front();
  }
}

metric::Point RecentLosses::factors(const std::vector<char>& active) const {
  metric::Point means(last_.size(), 0.0), found(last_.size(), 1.0);
  for (size_t k = 0; k < last_.size(); ++k) {
    if (!active[k]) continue;
    if (last_[k].size() < kLosses) return found;
    means[k] = meanOfLosses(last_[k]);
  }
  const double sum = std::accumulate(means.begin(), means.end(), 0.0);
  for (size_t k = 0; k < last_.size(); ++k)
    if (active[k] && sum != 0) found[k] = 1 - means[k] / sum;
  return found;
}

}  // namespace eq::train
