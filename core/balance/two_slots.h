#pragma once

#include <memory>
#include <vector>

#include "core/balance/balancer.h"

namespace eq::balance {

/// A remark, or a weight that is not finite, and the slot that it comes from.
struct SlotRemark {
  bool gradient = false;
  Remark remark;
};
struct WrongWeight {
  bool gradient = false;
  Eigen::Index task = 0;
  double value = 0;
};

/// What both slots together say of one step.
struct Weights {
  Eigen::VectorXd weights;              ///< [K] effective, on the raw gradients: d = Jᵀ w
  Eigen::VectorXd heads;                ///< [K] factor on each head's own gradient
  bool nonFinite = false;               ///< an input or a weight was not finite: plain weights
  std::vector<WrongWeight> wrong = {};  ///< the weights that were not finite
  std::vector<SlotRemark> remarks = {};
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
  /// No state moves when an input is not finite, nor that of the gradient method when a weight of
  /// the loss weighting is not.
  /// \param active [K]; the others get weight 0 and keep their state.
  Weights weigh(const Inputs& inputs, const Eigen::VectorXd& factors,
                const std::vector<char>& active);

  /// Takes what `other` has learned into the slots named.
  void takeOver(const TwoSlots& other, bool weighting, bool gradient);

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  std::vector<SlotRemark> remarks() const;
  Eigen::VectorXd gradientWeights(Inputs inputs, const Eigen::VectorXd& rowFactors);

  std::unique_ptr<Balancer> weighting_;
  std::unique_ptr<Balancer> gradient_;
};

}  // namespace eq::balance
