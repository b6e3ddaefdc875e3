#pragma once

#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "core/base/random.h"

namespace eq::balance {

/// A small fully connected net with ReLU between its layers, in double. Columns are examples.
class SmallNet {
 public:
  /// What each layer was given in a forward pass, for the way back.
  using Trace = std::vector<Eigen::MatrixXd>;

  /// \param sizes of inputs, hidden layers and outputs. Weights and biases are drawn from
  /// ±1/√inputs.
  SmallNet(std::vector<Eigen::Index> sizes, RandomStream& stream);

  Eigen::MatrixXd forward(const Eigen::MatrixXd& inputs, Trace* trace = nullptr) const;

  /// Adds the parameters' slopes to `gradient`; returns those of the inputs.
  Eigen::MatrixXd backward(const Trace& trace, Eigen::MatrixXd outputs,
                           Eigen::VectorXd& gradient) const;

  Eigen::VectorXd& parameters() { return parameters_; }
  const Eigen::VectorXd& parameters() const { return parameters_; }

 private:
  using Matrix = Eigen::Map<const Eigen::MatrixXd>;
  using Vector = Eigen::Map<const Eigen::VectorXd>;
  Matrix weights(size_t layer) const;
  Vector biases(size_t layer) const;

  std::vector<Eigen::Index> sizes_;
  std::vector<Eigen::Index> offsets_;  ///< of each layer's weights; its biases come after them
  Eigen::VectorXd parameters_;
};

/// Adam with betas 0.9 and 0.999 and epsilon 1e-8 over one vector of numbers.
class VectorAdam {
 public:
  VectorAdam(double rate, Eigen::Index size);
  void step(Eigen::VectorXd& values, const Eigen::VectorXd& gradient);
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  double rate_;
  Eigen::VectorXd first_, second_;
  std::int64_t steps_ = 0;
};

}  // namespace eq::balance
