#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/task.h"
#include "core/data/input_scale.h"
#include "core/data/warning.h"

namespace eq::data {

struct TableGuesses;

/// One part of the data, whole on one device. Targets have the shapes of TaskKind.
struct Split {
  at::Tensor inputs;                ///< [N, ...] float32
  std::vector<at::Tensor> targets;  ///< one a task; int64 for classes and ranks, float32 else;
                                    ///< undefined for an objective
  std::vector<at::Tensor>
      masks;  ///< one a task, 0/1 float32 in the target's shape; undefined where all is valid
  std::vector<std::map<std::string, at::Tensor>>
      fields;  ///< one map a task: further inputs of losses by name, [N, ...]; empty: none has any
  std::string source = {};  ///< hash of the rows as they were before a scaling that the training
                            ///< split decides; empty where there is none

  std::int64_t size() const { return inputs.defined() ? inputs.size(0) : 0; }
  Split to(const at::Device& device) const;
};

/// A point in a small parameter space that is itself what is optimised, instead of data and a
/// network.
struct Objective {
  std::vector<double> start;
  /// Maps x [2] to the losses [K], differentiable.
  std::function<at::Tensor(const at::Tensor&)> losses;

  struct Values {
    std::vector<double> losses;             ///< [K]
    std::vector<std::vector<double>> rows;  ///< [K, 2] the losses' gradients in x
  };
  /// The same in closed form.
  std::function<Values(const std::vector<double>&)> closedForm;
};

/// How a second view of an example is made, for losses that compare two views.
struct Augmentation {
  double noise = 0;        ///< standard deviation of what is added to every input, in its own unit
  double drop = 0;         ///< share of the inputs of an example that are set to 0
  std::int64_t shift = 0;  ///< an image moves by up to so many pixels in each direction
};

/// A multi-task problem, ready to train on.
struct Problem {
  std::vector<std::int64_t>
      inputShape;  ///< of one example: {features} or {channels, height, width}
  std::vector<InputScale> inputs =
      {};  ///< one a feature, or one for all; empty: they have no names
  std::vector<TaskInfo> tasks;
  std::map<std::string, std::string> teachers = {};  ///< by task: hash of what gave its "teacher"
  Augmentation augmentation = {};
  Split train, validation, test;
  std::shared_ptr<const Objective> objective;  ///< set only by analytic problems
  std::vector<Warning> warnings;
  std::shared_ptr<const TableGuesses> guesses = nullptr;  ///< of a table
};

/// Makes a problem on the CPU.
class Dataset {
 public:
  virtual ~Dataset() = default;
  /// \param seed of everything random in the data: pairs, splits, noise.
  /// \throws Error with file and position when a file is missing or broken.
  virtual Problem load(std::uint64_t seed) const = 0;
};

}  // namespace eq::data
