#pragma once

#include "core/balance/masked_balancer.h"
#include "core/balance/preference.h"

namespace eq::balance {

/// Base of the methods that work on the Gramian of the (weighted) gradients. Rows that are zero
/// (‖g_k‖² <= 1e-24 tr G) are dropped and get weight 0; the method runs on the rest as if there
/// were no other.
class GradientMethod : public MaskedBalancer {
 public:
  Needs needs() const override;

  /// A row that was dropped: without a word the task would never be trained.
  std::vector<Remark> remarks() const override;

 protected:
  /// What is left of a step after zero rows were dropped; K is its size.
  struct Rows {
    Eigen::MatrixXd gramian;          ///< [K, K], symmetric, with a positive diagonal
    Eigen::VectorXd losses;           ///< [K]; empty when not asked for
    Tasks tasks;                      ///< their indices among all
    double rounding;                  ///< of the gradients; see core/base/gramian.h
    Eigen::VectorXd preference = {};  ///< of all tasks; see Inputs
  };

  /// \param representation whether G is that of the gradients in the trunk's output.
  GradientMethod(const Parameters& parameters, const Setting& setting, Scale scale,
                 bool representation = false);

  virtual Eigen::VectorXd solve(const Rows& rows) = 0;

 private:
  Tasks participants(const Inputs& inputs, Tasks present) final;
  Eigen::VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) final;

  bool representation_;
  double rounding_;
  std::vector<Remark> dropped_;
};

/// `withCommon`, and `granularity`.
std::vector<ParameterSpec> withGradientCommon(std::vector<ParameterSpec> own, Scale scale,
                                              bool weightHeads = false);

}  // namespace eq::balance
