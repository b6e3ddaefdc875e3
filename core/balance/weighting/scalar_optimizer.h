#pragma once

#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "core/base/parameter.h"

namespace eq::balance {

/// Steps the few numbers that a balancer learns: SGD, or Adam with betas 0.9 and 0.999 and epsilon
/// 1e-8. Each entry has its own count of steps, so that an absent task's moments stay as they are.
class ScalarOptimizer {
 public:
  /// Reads `optimizer` and `lr`.
  ScalarOptimizer(const Parameters& parameters, Eigen::Index size);

  /// Moves the entries of `values` that `entries` names; one whose gradient or next value is not
  /// finite stays, with its moments, as it is: no checkpoint could hold it. \param gradient in the
  /// order of `entries`.
  void step(Eigen::VectorXd& values, const std::vector<Eigen::Index>& entries,
            const Eigen::VectorXd& gradient);

  /// The entries that the newest step left as they are because something was not finite.
  const std::vector<Eigen::Index>& stuck() const { return stuck_; }

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

  /// The specs of `optimizer` and `lr`.
  static std::vector<ParameterSpec> parameters(const std::string& optimizer, double rate);

 private:
  struct Moments {
    double first, second, steps;
    bool isFinite() const;
  };
  Moments after(Eigen::Index entry, double gradient) const;
  static double direction(const Moments& moments);

  bool adam_;
  double rate_;
  Eigen::VectorXd first_, second_, steps_;
  std::vector<Eigen::Index> stuck_;
};

}  // namespace eq::balance
