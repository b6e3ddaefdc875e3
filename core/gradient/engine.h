#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/model/model.h"

namespace eq::gradient {

/// Where a task's gradient is taken.
enum class Source {
  exact,          ///< in all parameters of the trunk
  representation  ///< in the trunk's output, over the whole batch: an approximation
};

/// One forward pass, with the graph that the gradients are taken from. Good for any number of
/// Gramians and then one backward pass.
struct Forward {
  std::vector<at::Tensor> losses;  ///< [K] scalars; a detached 0 where the task is not active
  std::vector<char> active;        ///< [K]
  at::Tensor representation;       ///< the trunk's output
  model::Tape tape;                ///< of the trunk; empty unless it was asked for
};

/// Gradients by parameter, in the order of the model's buffer; undefined where nothing flows (an
/// inactive head).
using Gradients = std::vector<at::Tensor>;

/// Gradients of several losses in one model. Nothing here reads the device.
///
/// Rows: an inactive task has a row of zeros. Non-finite values stay in J and G as they are;
/// whoever reads them decides.
class Engine {
 public:
  explicit Engine(const model::Model& model) : model_(model) {}

  /// Loss of one task from what its head puts out, a scalar.
  using LossOf = std::function<at::Tensor(size_t task, const model::HeadOutput& output)>;

  /// \param active one a task; the others' heads are not run.
  /// \param taped whether an exact Gramian will be asked for: it holds on to every layer's output.
  /// \param views whether the second half of the inputs are second views of the first half.
  Forward forward(const at::Tensor& inputs, const LossOf& lossOf, std::vector<char> active,
                  bool taped, bool views = false) const;

  /// G = J J^T, [K, K] in double on the device. For the exact source each layer is done in the
  /// cheaper of two ways: from the layer's weight gradients, or without forming them ("ghost"):
  /// <dW_i, dW_j> = <D_i, (X X^T) D_j>.
  at::Tensor gramian(const Forward& pass, Source source) const;

  /// J, [K, P] in the trunk's parameters.
  at::Tensor jacobian(const Forward& pass) const;

  /// Trunk: sum_k shared[k] g_k. Head k: heads[k] times its own gradient. Ends the pass: its graph
  /// is freed.
  Gradients backward(Forward& pass, const std::vector<double>& shared,
                     const std::vector<double>& heads) const;

 private:
  Gradients backwardTogether(const Forward& pass, const std::vector<double>& weights) const;
  Gradients backwardApart(const Forward& pass, const std::vector<double>& shared,
                          const std::vector<double>& heads) const;
  std::vector<at::Tensor> tensors(std::int64_t owner) const;

  const model::Model& model_;
};

}  // namespace eq::gradient
