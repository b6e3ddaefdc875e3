#pragma once

#include <cstdint>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "core/balance/weighting/small_net.h"
#include "core/base/random.h"

namespace eq::balance {

/// What happened between two steps, one column each.
struct Transitions {
  Eigen::MatrixXd states, actions, nextStates;  ///< [K, N]
  Eigen::VectorXd rewards;                      ///< [N]
};

/// Soft actor-critic over weights of K tasks: an action is K softmax(u), u ~ N(μ(s), σ(s)²). Twin
/// critics, a learned temperature with entropy -K as its aim, discount 0.99, targets that follow by
/// 0.005. The entropy is that of u: a softmax has no density over K numbers. Haarnoja et al. 2018.
class WeightAgent {
 public:
  WeightAgent(Eigen::Index tasks, Eigen::Index hidden, double rate, RandomStream& stream);

  /// K softmax(u) for a state, drawn.
  Eigen::VectorXd act(const Eigen::VectorXd& state, RandomStream& stream) const;

  /// One step of critics, actor and temperature; none where a number is not finite.
  void learn(const Transitions& batch, RandomStream& stream);

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  struct Draw {
    SmallNet::Trace trace;
    Eigen::MatrixXd noise, deviations, clamped, shares;  ///< [K, N]
    Eigen::VectorXd logDensity;                          ///< [N]
  };
  Draw draw(const Eigen::MatrixXd& states, RandomStream& stream) const;
  Eigen::MatrixXd judged(const Eigen::MatrixXd& states, const Eigen::MatrixXd& actions) const;
  void learnCritics(const Transitions& batch, const Eigen::VectorXd& values);
  void learnActor(const Transitions& batch, const Draw& drawn);

  Eigen::Index tasks_;
  SmallNet actor_, first_, second_, firstTarget_, secondTarget_;
  Eigen::VectorXd logTemperature_;  ///< [1]
  VectorAdam actorSteps_, firstSteps_, secondSteps_, temperatureSteps_;
};

}  // namespace eq::balance
