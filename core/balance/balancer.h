#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

namespace eq::balance {

/// What a balancer reads. The trainer computes only that; everything but `losses` of the CPU costs
/// extra work.
struct Needs {
  bool losses = false;
  bool rowNorms = false;        ///< the norms of the rows of J (square roots of diag G)
  bool gramian = false;         ///< G = J J^T, which includes the norms
  bool representation = false;  ///< the Gramian is that of the gradients in the trunk's output
  bool epoch = false;           ///< which epoch the step belongs to
};

/// One step's inputs for K tasks, in double on the CPU. What was not asked for is empty.
struct Inputs {
  Eigen::VectorXd losses;     ///< [K]
  Eigen::VectorXd rowNorms;   ///< [K]
  Eigen::MatrixXd gramian;    ///< [K, K], symmetric
  std::int64_t step = 0;      ///< from 0
  std::int64_t epoch = 0;     ///< from 0
  std::vector<char> present;  ///< [K]; empty: all. The others get weight 0 and keep their state
};

/// What a person should know of a task as long as it stands: a learned weight at its bound, a loss
/// that the formula is not made for. The text stays the same while it does.
struct Remark {
  Eigen::Index task = 0;
  std::string text;  ///< goes on after the task's and the balancer's name
};

/// Turns K losses or the Gramian of K gradients into effective weights w: the update is d = J^T w.
/// A pure function of its inputs and its own serialisable state; never touches tensors or the
/// device.
class Balancer {
 public:
  virtual ~Balancer() = default;

  virtual Needs needs() const = 0;

  /// Weights from the state before the step and this step's inputs; then the state is updated.
  virtual Eigen::VectorXd weigh(const Inputs& inputs) = 0;

  /// What stands after the newest `weigh`.
  virtual std::vector<Remark> remarks() const { return {}; }

  /// Do the heads' gradients get w_k as well? (`weight_heads`)
  virtual bool weightsHeads() const = 0;

  /// Everything that `weigh` carries from step to step.
  virtual nlohmann::json state() const = 0;
  virtual void restore(const nlohmann::json& state) = 0;
};

}  // namespace eq::balance
