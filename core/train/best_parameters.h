#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/train/experiment.h"
#include "core/train/records.h"
#include "core/train/snapshot.h"

namespace eq::model {
class ParameterBuffer;
}

namespace eq::train {

/// The parameters at the best evaluation of each series that a rule goes back to. They are part of
/// the run's state, so that it is the same whatever checkpoints stay.
class BestParameters {
 public:
  /// Follows the series that the rules of the experiment name with restore_best, from now on; of
  /// those that it has followed before, what is best stays.
  void follow(const Experiment& experiment);

  void add(const EvaluationRecord& evaluation, const std::vector<TaskSpec>& tasks,
           const model::ParameterBuffer& trained);

  /// A task got another loss: its former values say nothing of what is best.
  void lossChanged(const std::string& task);
  /// The model has other parameters: what was best cannot come back.
  void structureChanged();

  /// Puts them back, as far as there still are parameters of their name and shape.
  /// \returns the step that they are of; -1: there was no evaluation yet, and nothing is changed.
  /// \throws Error when no rule follows the series.
  std::int64_t restoreInto(model::ParameterBuffer& trained, const std::string& series) const;

  /// Tensors `best.N.PARAMETER` and the key "best".
  void addState(Snapshot& snapshot) const;
  void restore(const Snapshot& snapshot, const at::Device& device);

 private:
  struct Best {
    std::vector<std::string> parts;  ///< of the name
    std::int64_t step = -1;
    double value = 0;
    std::map<std::string, at::Tensor> parameters;
    void forget();
  };
  std::map<std::string, Best> best_;  ///< by series
};

}  // namespace eq::train
