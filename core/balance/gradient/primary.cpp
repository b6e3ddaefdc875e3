#include "core/balance/gradient/primary.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/gramian.h"

namespace eq::balance {

using Eigen::Index;
using Eigen::VectorXd;

ParameterSpec primarySpec() {
  return ParameterSpec::integer("primary", 0, "The task, from 0, that the others serve").from(0);
}

Index primaryOf(const Parameters& parameters, const Setting& setting) {
  const auto primary = parameters.integer("primary");
  if (primary >= setting.tasks)
    fail("{}.primary: {} is no task; there are {}, from 0", setting.path, primary, setting.tasks);
  return primary;
}

Index placeOf(Index task, const std::vector<Index>& tasks) {
  const auto found = std::find(tasks.begin(), tasks.end(), task);
  return found == tasks.end() ? -1 : found - tasks.begin();
}

VectorXd cosinesWith(Index primary, const Eigen::MatrixXd& gramian,
                     const std::vector<Index>& tasks) {
  VectorXd cosines = VectorXd::Zero(std::ssize(tasks));
  const Index place = placeOf(primary, tasks);
  if (place < 0) return cosines;
  const Eigen::MatrixXd own = gramian(tasks, tasks);
  const VectorXd norms = own.diagonal().cwiseMax(0).cwiseSqrt();
  const auto rows = nonZeroRows(own.diagonal());
  if (std::find(rows.begin(), rows.end(), place) == rows.end()) return cosines;
  for (const Index i : rows)
    cosines[i] = std::clamp(own(place, i) / norms[place] / norms[i], -1.0, 1.0);
  return cosines;
}

}  // namespace eq::balance
