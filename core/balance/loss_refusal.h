#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/balance/balancer.h"

namespace eq::balance {

/// Losses that a formula has no weight for, as it divides by them or takes their logarithm. A
/// balancer that meets one leaves its state alone and returns `weights()`: the step is refused, and
/// the remark says why.
class LossRefusal {
 public:
  enum class Least { zero, aboveZero };  ///< what a loss may be at least

  /// \param reason goes on after "but ": "the formula divides by it".
  LossRefusal(Least least, std::string reason);

  /// \param text whole, where it is not the loss itself: "its loss is not above ..., and ...".
  struct Whole {
    std::string text;
  };
  LossRefusal(Least least, Whole text) : least_(least), text_(std::move(text.text)) {}

  /// Whether a loss of `tasks` is refused.
  bool refuses(const Eigen::VectorXd& losses, const std::vector<Eigen::Index>& tasks);

  /// NaN for the tasks that were refused, 1 for the others.
  const Eigen::VectorXd& weights() const { return weights_; }
  const std::vector<Remark>& remarks() const { return remarks_; }

 private:
  Least least_;
  std::string text_;
  Eigen::VectorXd weights_;
  std::vector<Remark> remarks_;
};

}  // namespace eq::balance
