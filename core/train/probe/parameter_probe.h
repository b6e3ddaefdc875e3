#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/task.h"
#include "core/train/experiment.h"

namespace eq::train {

/// Tensors by the parameters' names, on the CPU.
using NamedTensors = std::map<std::string, at::Tensor>;

/// Asks the network of an experiment, with parameters from elsewhere, for gradients in them on
/// validation examples, without dropout. It trains nothing and reads no other split.
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

  /// \throws Error when data, device or a method's parameters do not fit.
  explicit ParameterProbe(const Experiment& experiment);
  ~ParameterProbe();

  /// \throws Error where one is missing or has another shape.
  void set(const NamedTensors& parameters);

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
