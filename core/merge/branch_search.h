#pragma once

#include <functional>
#include <vector>

namespace eq::merge {

/// What became of branches that joined a mix one by one.
struct BranchMix {
  std::vector<double> raw;     ///< λ of each
  std::vector<double> shares;  ///< divided by their sum
  std::vector<size_t> order;   ///< in which they came
  double score = 0;
  int evaluations = 0;
};

/// How good a mix of the branches by these shares is; higher is better.
using JudgeShares = std::function<double(const std::vector<double>& shares)>;

/// Branches by score descending; each joins with a·(mean of the λ so far), a of `grid` ascending,
/// where that is a strict improvement, else with 0. Jiang et al., NeurIPS 2023.
BranchMix mixBranches(const std::vector<double>& scores, const std::vector<double>& grid,
                      const JudgeShares& judge);

/// Indices by score descending, ties by index.
std::vector<size_t> orderByScore(const std::vector<double>& scores);

}  // namespace eq::merge
