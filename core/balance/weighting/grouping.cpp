#include "core/balance/weighting/grouping.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Of the sorted values i..j, at (i, j): their mean, and their squared distances from it.
struct Runs {
  MatrixXd means, costs;

  explicit Runs(const VectorXd& sorted)
      : means(MatrixXd::Zero(sorted.size(), sorted.size())), costs(means) {
    for (Index i = 0; i < sorted.size(); ++i) {
      double mean = 0, cost = 0;
      for (Index j = i; j < sorted.size(); ++j) {
        const double away = sorted[j] - mean;
        mean += away / static_cast<double>(j - i + 1);
        cost += away * (sorted[j] - mean);
        means(i, j) = mean;
        costs(i, j) = cost;
      }
    }
  }
};

/// Where the last group of the first j + 1 values begins, at (groups - 1, j), in the best cut.
Eigen::MatrixXi bestStarts(const MatrixXd& costs, Index groups) {
  const Index count = costs.rows();
  Eigen::MatrixXi starts = Eigen::MatrixXi::Zero(groups, count);
  VectorXd best = costs.row(0);
  for (Index group = 1; group < groups; ++group) {
    VectorXd next = VectorXd::Constant(count, std::numeric_limits<double>::infinity());
    for (Index j = group; j < count; ++j)
      for (Index i = group; i <= j; ++i)
        if (const double cost = best[i - 1] + costs(i, j); cost < next[j])
          next[j] = cost, starts(group, j) = static_cast<int>(i);
    best = next;
  }
  return starts;
}

}  // namespace

VectorXd groupMeans(const VectorXd& values, std::int64_t groups) {
  const Index count = values.size();
  groups = std::min<std::int64_t>(groups, count);
  std::vector<Index> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](Index i, Index j) { return values[i] < values[j]; });
  const Runs runs{VectorXd(values(order))};
  const auto starts = bestStarts(runs.costs, groups);
  VectorXd means(count);
  Index last = count - 1;
  for (Index group = groups - 1; group >= 0; --group) {
    const Index first = starts(group, last);
    for (Index i = first; i <= last; ++i)
      means[order[static_cast<size_t>(i)]] = runs.means(first, last);
    last = first - 1;
  }
  return means;
}

}  // namespace eq::balance
