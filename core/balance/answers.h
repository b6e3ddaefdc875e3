#pragma once

#include <string>
#include <vector>

#include <Eigen/Core>

#include "core/base/descriptor.h"

namespace eq::balance {

/// A method of the catalog, to be asked what it would do with gradients that are given by hand.
struct Answerer {
  const Descriptor* descriptor = nullptr;
  bool gradient = false;      ///< its slot: a gradient method, else a loss weighting
  bool remembers = false;     ///< it carries something from step to step, and begins anew here
  std::string obstacle = {};  ///< what it reads beside losses and G; empty: it can be asked
};

/// All methods, loss weightings first, with their defaults for so many tasks.
std::vector<Answerer> answerers(Eigen::Index tasks);

/// The weights of a method's first step: d = Jᵀ w. \param gramian [K, K]. \param losses [K].
/// \pre it has no obstacle. \throws Error for what it is not made for.
Eigen::VectorXd answer(const Answerer& method, const Eigen::MatrixXd& gramian,
                       const Eigen::VectorXd& losses);

}  // namespace eq::balance
