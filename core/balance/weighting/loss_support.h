#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/balance/balancer.h"
#include "core/balance/loss_refusal.h"

namespace eq::balance {

/// exp z over the sum of exp z.
Eigen::VectorXd softmax(const Eigen::VectorXd& z);

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
