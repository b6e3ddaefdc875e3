#pragma once

#include <vector>

#include "core/base/parameter.h"
#include "core/metric/points.h"

namespace eq::metric {

/// How the loss of a mixture of networks is made; the parameters of `pamalParameters`.
struct PamalOptions {
  double lambda = 0;       ///< factor of the regulariser
  double temperature = 1;  ///< T
  bool chain = false;      ///< pairs are neighbours in the order of the task's weight, else all
  bool released = false;   ///< with the sign that the authors' code has
};

/// The loss of W mixtures, each at a preference α of its own: Σ_w Σ_k α_k L_k + λR while λR is
/// below that sum, R = Σ_k ln mean_{α_i,k > α_j,k} exp(T [L_k(α_i) − L_k(α_j)]₊): more weight on a
/// task must not raise its loss. Dimitriadis, Frossard and Fleuret, Pareto Manifold Learning, ICML
/// 2023.
struct PamalLoss {
  double sum = 0;
  double regulariser = 0;  ///< R
  Point perTask;           ///< [K] of R
  bool applied = false;    ///< whether λR is part of the value
  double value = 0;
  Points slopes;  ///< [W][K] of the value in the losses; 0 for R where two losses are equal
};

/// \param alphas, losses [W][K]. \pre both are of one size, and not empty.
PamalLoss pamalLoss(const Points& alphas, const Points& losses, const PamalOptions& options);

std::vector<ParameterSpec> pamalParameters();
PamalOptions pamalOptions(const Parameters& parameters);

}  // namespace eq::metric
