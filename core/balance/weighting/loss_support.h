#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/balance/balancer.h"

namespace eq::balance {

/// exp z over the sum of exp z.
Eigen::VectorXd softmax(const Eigen::VectorXd& z);

/// Losses that a formula has no weight for, as it divides by them or takes their logarithm. A
/// balancer that meets one leaves its state alone and returns `weights()`: the step is refused, and
/// the remark says why.
class LossRefusal {
 public:
  enum class Least { zero, aboveZero };  ///< what a loss may be at least

  /// \param reason goes on after "but ": "the formula divides by it".
  LossRefusal(Least least, std::string reason);

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

/// Each task's mean loss over one epoch: the first from `epoch` on in which the task takes part, so
/// that a weighting that begins later has one too.
class EpochMean {
 public:
  EpochMean(Eigen::Index tasks, std::int64_t epoch);

  /// Takes in this step's losses.
  void add(const Inputs& inputs, const std::vector<Eigen::Index>& tasks);

  /// Nothing before the epoch is over.
  std::optional<double> of(Eigen::Index task, std::int64_t epoch) const;

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  struct Sum {
    std::int64_t epoch = -1;  ///< -1: not begun
    std::int64_t count = 0;
    double sum = 0;
  };
  std::int64_t first_;
  std::vector<Sum> sums_;
};

}  // namespace eq::balance
