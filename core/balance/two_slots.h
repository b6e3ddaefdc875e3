#pragma once

#include <memory>
#include <vector>

#include "core/balance/balancer.h"

namespace eq::balance {

/// What both slots together say of one step.
struct Weights {
  Eigen::VectorXd weights;  ///< [K] effective, on the raw gradients: d = Jᵀ w
  Eigen::VectorXd heads;    ///< [K] factor on each head's own gradient
  bool nonFinite = false;   ///< an input was not finite: plain weights, and no state has moved
};

/// A loss weighting v, and a gradient method on the weighted rows v_k g_k: w_k = v_k u_k. Each
/// task's own factor f_k goes onto its loss first.
class TwoSlots {
 public:
  /// \param gradient may be null: w = v.
  TwoSlots(std::unique_ptr<Balancer> weighting, std::unique_ptr<Balancer> gradient);

  /// Of both slots together.
  Needs needs() const;

  /// \param inputs of the raw losses; `present` is not read. \param factors [K], >= 0.
  /// \param active [K]; the others get weight 0 and keep their state.
  Weights weigh(const Inputs& inputs, const Eigen::VectorXd& factors,
                const std::vector<char>& active);

  /// Takes what `other` has learned into the slots named.
  void takeOver(const TwoSlots& other, bool weighting, bool gradient);

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  Eigen::VectorXd gradientWeights(Inputs inputs, const Eigen::VectorXd& rowFactors);

  std::unique_ptr<Balancer> weighting_;
  std::unique_ptr<Balancer> gradient_;
};

}  // namespace eq::balance
