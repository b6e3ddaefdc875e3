#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/train/scheme_tables.h"

namespace eq::train {

/// What a greedy merge of branches came to.
struct Merged {
  at::Tensor values;
  std::vector<double> shares;  ///< [branches] of each, adding up to 1
  double score = 0;
};

/// Branches by falling score join one after another, each with the share of the grid that makes the
/// score highest, if any raises it. \param scores [branches] of the branches alone.
/// \param scoreOf higher is better.
Merged greedyMerge(const std::vector<at::Tensor>& branches, const std::vector<double>& scores,
                   const std::vector<double>& grid,
                   const std::function<double(const at::Tensor&)>& scoreOf);

SchemeRow forkMergeRow();

}  // namespace eq::train
