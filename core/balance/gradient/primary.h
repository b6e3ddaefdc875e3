#pragma once

#include "core/balance/masked_balancer.h"

namespace eq::balance {

/// `primary`: the task that the others serve.
ParameterSpec primarySpec();

/// \throws Error `balancer.gradient.primary: 3 is no task; there are 2, from 0`.
Eigen::Index primaryOf(const Parameters& parameters, const Setting& setting);

/// Where `task` stands among `tasks`, or -1.
Eigen::Index placeOf(Eigen::Index task, const std::vector<Eigen::Index>& tasks);

/// The cosine of each of `tasks` with the primary; 0 where a gradient is zero, or the primary is
/// not among them.
Eigen::VectorXd cosinesWith(Eigen::Index primary, const Eigen::MatrixXd& gramian,
                            const std::vector<Eigen::Index>& tasks);

}  // namespace eq::balance
