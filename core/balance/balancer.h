#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

namespace eq::balance {

/// What a balancer reads. The trainer computes only that; everything but `losses` of the CPU costs
/// extra work. It may depend on the state: what is read once is asked for until it was there.
struct Needs {
  bool losses = false;
  bool rowNorms = false;        ///< the norms of the rows of J (square roots of diag G)
  bool lastRowNorms = false;    ///< the same in the last layer that all tasks share, alone
  bool gramian = false;         ///< G = J J^T, which includes the norms
  bool representation = false;  ///< the Gramian is that of the gradients in the trunk's output
  bool epoch = false;           ///< which epoch the step belongs to
  bool lossesAfter = false;     ///< `learn`: the losses on the same batch after the update
  bool validationLosses = false;
  bool firstValidation = false;  ///< V(0), over the whole validation split
  bool kpi = false;
  bool crossGramian = false;  ///< of two batches; then the update is taken from a third
  bool rowNumbers = false;    ///< what its `RowStatistic` measures
  bool rows = false;          ///< J itself, for its `RowMethod`
};

/// What the needs of both ask for.
Needs operator|(const Needs& one, const Needs& other);

/// One step's inputs for K tasks, in double on the CPU. What was not asked for is empty.
struct Inputs {
  Eigen::VectorXd losses = {};    ///< [K]
  Eigen::VectorXd rowNorms = {};  ///< [K]
  Eigen::MatrixXd gramian = {};   ///< [K, K], symmetric
  std::int64_t step = 0;          ///< from 0
  std::int64_t epoch = 0;         ///< from 0
  std::vector<char> present =
      {};  ///< [K]; empty: all. The others get weight 0 and keep their state

  // NaN: not measured of this task.
  Eigen::VectorXd validationLosses = {};  ///< [K] on one validation batch
  Eigen::VectorXd firstValidation = {};   ///< [K] V(0); empty also where the first batch stands for
                                          ///< the split
  Eigen::VectorXd kpi = {};               ///< [K] a metric in [0, 1]; 1 is best

  Eigen::MatrixXd crossGramian = {};  ///< [K, K] J1 J2^T, neither symmetric nor definite
  Eigen::VectorXd rowNumbers = {};    ///< [K]
  Eigen::VectorXd lastRowNorms = {};  ///< [K]
  Eigen::VectorXd preference = {};  ///< [K] how much each task counts; NaN, or empty: the method's
                                    ///< own. For methods that take one, see preference.h
};

/// What a person should know of a task as long as it stands: a learned weight at its bound, a loss
/// that the formula is not made for. The text stays the same while it does.
struct Remark {
  Eigen::Index task = 0;
  std::string text;  ///< goes on after the task's and the balancer's name
};

/// Turns what a step measures of K tasks into effective weights w: the update is d = J^T w.
/// A pure function of its inputs and its own serialisable state; never touches tensors or the
/// device.
class Balancer {
 public:
  virtual ~Balancer() = default;

  virtual Needs needs() const = 0;

  /// Weights from the state before the step and this step's inputs; then the state is updated.
  virtual Eigen::VectorXd weigh(const Inputs& inputs) = 0;

  /// After the optimizer's step: the losses of the tasks of the newest `weigh` on the same batch.
  /// Not called where the step was not applied, or nobody measured them: then nothing is learned.
  virtual void learn(const Eigen::VectorXd& /*lossesAfter*/) {}

  /// What stands after the newest `weigh`.
  virtual std::vector<Remark> remarks() const { return {}; }

  /// Do the heads' gradients get w_k as well? (`weight_heads`)
  virtual bool weightsHeads() const = 0;

  /// Everything that `weigh` carries from step to step.
  virtual nlohmann::json state() const = 0;
  virtual void restore(const nlohmann::json& state) = 0;
};

}  // namespace eq::balance
