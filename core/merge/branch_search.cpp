#include "core/merge/branch_search.h"

#include <algorithm>
#include <numeric>

namespace eq::merge {
namespace {

std::vector<double> sharesOf(std::vector<double> raw) {
  const double sum = std::accumulate(raw.begin(), raw.end(), 0.0);
  for (double& share : raw) share /= sum;
  return raw;
}

/// \param before branches that have their λ.
void tryBranch(BranchMix& mix, size_t branch, size_t before, const std::vector<double>& grid,
               const JudgeShares& judge) {
  const double mean =
      std::accumulate(mix.raw.begin(), mix.raw.end(), 0.0) / static_cast<double>(before);
  double best = 0;
  for (const double a : grid) {
    if (a == 0) continue;  // the mix so far
    auto raw = mix.raw;
    raw[branch] = a * mean;
    const double score = judge(sharesOf(raw));
    ++mix.evaluations;
    if (score > mix.score) mix.score = score, best = raw[branch];
  }
  mix.raw[branch] = best;
}

}  // namespace

BranchMix mixBranches(const std::vector<double>& scores, const std::vector<double>& grid,
                      const JudgeShares& judge) {
  BranchMix mix{std::vector<double>(scores.size(), 0.0), {}, orderByScore(scores), 0, 0};
  mix.score = scores[mix.order[0]];
  mix.raw[mix.order[0]] = 1;
  for (size_t i = 1; i < mix.order.size(); ++i) tryBranch(mix, mix.order[i], i, grid, judge);
  mix.shares = sharesOf(mix.raw);
  return mix;
}

std::vector<size_t> orderByScore(const std::vector<double>& scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  return order;
}

}  // namespace eq::merge
