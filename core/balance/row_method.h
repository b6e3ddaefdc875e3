#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/balance/masked_balancer.h"

namespace at {
class Tensor;
}  // namespace at

namespace eq::balance {

/// A balancer that reads J element by element: where J is and in its type, so that nothing of it is
/// copied to the host. The files of the methods alone include LibTorch.
class RowReader {
 public:
  virtual ~RowReader() = default;

  /// What it carries from step to step beside `state()`; it shares memory with the method.
  virtual std::map<std::string, at::Tensor> tensors() const = 0;
  /// \param tensors where J will be, in its type; empty: as it began.
  virtual void restoreTensors(const std::map<std::string, at::Tensor>& tensors) = 0;
};

/// A loss weighting that reads one number a task of its row (`Needs::rowNumbers`).
class RowStatistic : public RowReader {
 public:
  /// [K] in double; 0 for tasks that are not there. No state moves before `weigh` has taken them.
  virtual at::Tensor measure(const at::Tensor& rows, const std::vector<char>& present) = 0;
};

/// A gradient method whose update is a direction of its own and no combination of the rows
/// (`Needs::rows`). It has no weights a task; heads take their own gradient of what the rows are
/// made of.
class RowMethod : public MaskedBalancer, public RowReader {
 public:
  Needs needs() const override;

  /// d [P]; NaN, with the state as it was, where a row is not finite: decided where J is, without
  /// a word to the host. \param rows [K, P]. \param losses [K] of the same rows.
  at::Tensor direction(const at::Tensor& rows, const at::Tensor& losses,
                       const std::vector<char>& present);

  /// [K] what a head's own gradient is multiplied by. \param losses [K], where they are read.
  virtual Eigen::VectorXd headFactors(const Eigen::VectorXd& losses,
                                      const std::vector<char>& present);

  std::map<std::string, at::Tensor> tensors() const override;
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override;

 protected:
  /// \throws Error for `weight_heads` true.
  RowMethod(const Parameters& parameters, const Setting& setting, Scale scale);

  /// One step of the participants alone.
  struct Step {
    const at::Tensor& rows;    ///< [A, P]
    const at::Tensor& losses;  ///< [A] in the rows' type
    const at::Tensor& finite;  ///< a scalar: whether all of it is
    const Tasks& tasks;        ///< [A] their indices among all
  };
  virtual at::Tensor combine(const Step& step) = 0;

 private:
  Eigen::VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) final;
};

/// `withCommon`, `granularity` whole alone, and `weight_heads` false alone.
std::vector<ParameterSpec> withRowCommon(std::vector<ParameterSpec> own, Scale scale);

}  // namespace eq::balance
