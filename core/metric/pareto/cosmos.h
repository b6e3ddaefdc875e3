#pragma once

#include "core/metric/points.h"

namespace eq::metric {

/// The loss of a network that reads its preference α, Σ α_k L_k − λ cos(α, L): the cosine spreads
/// the losses along their preferences. Ruchte and Grabocka, Scalable Pareto Front Approximation for
/// Deep Multi-Objective Learning, ICDM 2021.
struct CosmosLoss {
  double value = 0;
  double cosine = 0;  ///< 0 where α or L is 0
  Point gradient;     ///< [K] of the value in the losses
};

/// \param preference α [K]. \param losses L [K].
CosmosLoss cosmosLoss(const Point& preference, const Point& losses, double lambda);

}  // namespace eq::metric
