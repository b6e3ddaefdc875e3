#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/metric/points.h"

namespace eq::train {

/// Factors that make up for unlike losses: 1 − c̄_k/Σ c̄, c̄ = mean of a task's last 25 losses, once
/// each of the tasks that take part has them; before it 1.
class RecentLosses {
 public:
  explicit RecentLosses(size_t tasks) : last_(tasks) {}

  /// \param losses [K]. \param active [K]; the others keep what they have. What is not finite is
  /// left out.
  void add(const metric::Point& losses, const std::vector<char>& active);
  void forget(size_t task) { last_.at(task).clear(); }

  /// [K] \param active [K]; 1 for the others.
  metric::Point factors(const std::vector<char>& active) const;

  nlohmann::json state() const { return last_; }
  void restore(const nlohmann::json& state) { last_ = state.get<decltype(last_)>(); }

 private:
  std::vector<std::deque<double>> last_;
};

}  // namespace eq::train
