#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/task.h"
#include "core/train/experiment.h"
#include "core/train/records.h"
#include "core/train/snapshot.h"

namespace eq::train {

/// Tensors by the parameters' names, on the CPU.
using NamedTensors = std::map<std::string, at::Tensor>;

/// Asks the network of an experiment, with parameters from elsewhere, for gradients and maps on
/// validation examples, without dropout. It trains nothing; `evaluate` alone reads other splits.
class ParameterProbe {
 public:
  /// Which objective is meant.
  enum class Objective {
    loss,    ///< the task's own, of inputs and targets
    entropy  ///< H(p) of the predictions, of inputs alone; of tasks with classes
  };
  /// Whose square of ∂ ln p the Fisher information is.
  enum class Estimate {
    exact,    ///< the expectation over all classes, or outputs
    sampled,  ///< one label drawn from the model
    labels    ///< the given one
  };

  /// \throws Error when data, device or a method's parameters do not fit, or there are no
  /// validation examples.
  explicit ParameterProbe(const Experiment& experiment);
  /// The same on the data of another one; the experiment's `data` is not read.
  ParameterProbe(const Experiment& experiment, const ParameterProbe& data);
  ~ParameterProbe();

  /// \throws Error where one is missing or has another shape.
  void set(const NamedTensors& parameters);

  /// The mean squares of gradients that Adam kept, without the bias of their beginning at zero.
  /// \throws Error when another optimizer made the snapshot, or another model is in it.
  NamedTensors secondMoments(const Snapshot& snapshot) const;

  std::int64_t examples() const;  ///< of the validation split
  const std::vector<TaskInfo>& tasks() const;

  struct Found {
    double value = 0;        ///< Σ_t factor_t · objective of the task's rows
    NamedTensors gradients;  ///< of that sum; 0 where nothing flows
  };
  /// \param rows [task] validation examples; undefined: the task takes no part.
  /// \param factors [task]. \throws Error for an entropy of a task without classes.
  Found gradients(Objective objective, const std::vector<at::Tensor>& rows,
                  const std::vector<double>& factors) const;

  /// The gradients of Σ slopes ⊙ predictions of one task, as metrics read them, on validation rows.
  /// \param slopes of the predictions, without a graph.
  NamedTensors pulledBack(size_t task, const at::Tensor& rows,
                          const std::function<at::Tensor(const at::Tensor&)>& slopes) const;
  /// The predictions themselves, without a graph, on the device.
  at::Tensor predictions(size_t task, const at::Tensor& rows) const;

  /// The same of a whole split, on the CPU.
  at::Tensor predictions(size_t task, SplitName split) const;
  /// Metrics by id of predictions that come from elsewhere, of a whole split.
  std::map<std::string, double> metrics(size_t task, SplitName split,
                                        const at::Tensor& predictions) const;

  /// What a task's head reads of inputs, [N, D]: its representations one after the other, flat;
  /// without a graph, on the device.
  at::Tensor readings(size_t task, const at::Tensor& inputs) const;
  /// The same of all validation examples.
  at::Tensor readings(size_t task) const;
  /// Another reading of the inputs in the place of a task's own.
  using Reread =
      std::function<at::Tensor(size_t task, const at::Tensor& inputs, const at::Tensor& reading)>;
  /// What the split says of every task whose head reads what `reread` gives it, [task]: metrics by
  /// id.
  std::vector<std::map<std::string, double>> evaluate(SplitName split, const Reread& reread) const;

  /// A task's loss of a reading that comes from elsewhere.
  struct ReadLoss {
    NamedTensors gradients;  ///< in the parameters above the reading; 0 in the others
    at::Tensor reading;      ///< the gradient in the reading, [N, D] in float64 on the device
  };
  /// \param rows [N] of the validation split. \param reading [N, D].
  ReadLoss lossOfReading(size_t task, const at::Tensor& rows, const at::Tensor& reading) const;
  /// Inputs of validation examples, on the device.
  at::Tensor inputs(const at::Tensor& rows) const;

  /// Of the first `count` rows of a drawn order, what full layers multiply: XᵀX / rows by the name
  /// of the weight, in float64. \param convolutions those of kernels too, of unfolded patches.
  /// \throws Error for a model that does not tell what its layers read.
  NamedTensors grams(std::int64_t count, bool convolutions, std::uint64_t seed) const;

  /// The diagonal of the Fisher information, gradients a sample: the mean over the first `count`
  /// rows of a drawn order, summed over the wanted tasks. Numbers: a Gaussian of variance 1.
  /// \throws Error for tasks of other kinds.
  NamedTensors fisher(const std::vector<char>& wanted, std::int64_t count, Estimate estimate,
                      std::uint64_t seed) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eq::train
