#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/gradient/task_gradients.h"
#include "core/model/model.h"
#include "core/model/penalty.h"

namespace eq::gradient {

/// Where a task's gradient is taken.
enum class Source {
  exact,          ///< in the columns of J: all parameters that two tasks or more reach
  representation  ///< in the model's frontier, over the whole batch: an approximation
};

/// What a pass is for. The update depends on it, on nothing that is asked of the pass beside.
enum class Purpose {
  sum,             ///< the weighted sum of the losses, by one backward pass
  sumShown,        ///< the same to the bit, with gradients of the tasks to look at
  representation,  ///< weights come from gradients in the frontier
  exact            ///< weights come from gradients in the columns
};

/// How the gradients of all tasks were held on their way down the columns, for a limit of memory.
enum class Way {
  stacked,  ///< all tasks at once
  chunked,  ///< some tasks at a time, all gradients formed and kept
  pairs     ///< some tasks against some others, nothing kept; the update by one more way down
};

struct EngineOptions {
  double memory = 4096;       ///< MB (10^6 bytes) for gradients of tasks in the columns
  Form form = Form::cheaper;  ///< of full layers where all tasks are stacked
  bool kernels = true;        ///< whether layers may use kernels of their own
};

/// When a forward pass is made, and what it is asked beside the losses; null: it is not.
struct Beside {
  model::Observations* seen = nullptr;
  std::vector<model::Penalty>* penalties = nullptr;
  model::Progress at = {};
};

/// A representation as one task goes on from it.
struct Reading {
  size_t position = 0;  ///< of the task among the active ones
  size_t place = 0;     ///< of the representation
  at::Tensor copy = {};
  at::Tensor direction = {};  ///< the gradient of the task's loss in it, once it was taken
};

/// One forward pass, with what the gradients are taken from. Good for any number of Gramians and
/// then one update.
struct Forward {
  std::vector<at::Tensor> losses;  ///< [K] scalars; a detached 0 where the task is not active
  std::vector<char> active;        ///< [K]
  Purpose purpose = Purpose::sum;
  Way way = Way::stacked;                        ///< of the exact gradients, once they were taken
  std::vector<at::Tensor> representations = {};  ///< without a graph where the tape has it
  model::Tape tape = {};                         ///< of the columns

  // What was taken so far.
  /// By active task; none of the inputs themselves. Of a model whose tasks own parameters below
  /// what they read, the losses themselves stand for the representations.
  std::vector<Reading> readings = {};
  std::vector<at::Tensor> own = {};  ///< by parameter: gradients in what the tasks own
  std::shared_ptr<TaskGradients> gradients = nullptr;

  std::vector<std::int64_t> activeTasks() const;
  /// D of some of the active tasks, one stack a representation, the first of them as loss 0.
  std::vector<model::Stack> stacks(size_t first, size_t count) const;
};

/// Parameters among the columns, part by part, each balanced by itself.
using Parts = std::vector<std::vector<size_t>>;

/// Gradients by parameter, in the order of the model's buffer, flat or in the parameter's shape;
/// undefined where nothing flows (an inactive head).
using Gradients = std::vector<at::Tensor>;

/// Gradients of several losses in one model: all that tasks own in one call of autograd, each task
/// on its own copy of the representations that it reads, then the tasks together down the columns
/// as one stack, layer by layer, each as far as it reaches, and the update from what was found on
/// the way: no second backward pass. Nothing here reads the device, and nothing is timed: shapes, K
/// and the options decide how it is done.
///
/// Rows: an inactive task has a row of zeros, any other zeros where it does not reach. Non-finite
/// values stay in J and G as they are; whoever reads them decides.
class Engine {
 public:
  /// \pre `model` outlives the engine.
  explicit Engine(const model::Model& model, EngineOptions options = {})
      : model_(model), options_(options) {}

  /// Loss of one task from what its head puts out, a scalar.
  using LossOf = std::function<at::Tensor(size_t task, const model::HeadOutput& output)>;

  /// \param active one a task; nothing of the others is run.
  /// \param views whether the second half of the inputs are second views of the first half.
  Forward forward(const at::Tensor& inputs, const LossOf& lossOf, std::vector<char> active,
                  Purpose purpose, bool views = false, const Beside& beside = {}) const;
  /// The gradients of the sum of its penalties in what active tasks reach. \pre nothing else was
  /// asked of the pass yet.
  Gradients ofPenalties(const Forward& pass, const std::vector<model::Penalty>& penalties) const;

  // What a pass whose purpose is not `sum` can be asked.

  /// G = J Jᵀ, [K, K] in double on the device.
  at::Tensor gramian(Forward& pass, Source source) const;
  /// The diagonal of the exact one alone, [K].
  at::Tensor squaredNorms(Forward& pass) const;
  /// J, [K, P], as the columns lie in the buffer.
  at::Tensor jacobian(Forward& pass) const;
  /// G of each part, [parts, K, K] in double.
  at::Tensor gramians(Forward& pass, const Parts& parts) const;
  /// J1 J2ᵀ, [K, K] in double: neither symmetric nor definite. \pre the same tasks are active.
  at::Tensor crossGramian(Forward& one, Forward& other) const;
  /// The same of each part, [parts, K, K].
  at::Tensor crossGramians(Forward& one, Forward& other, const Parts& parts) const;

  /// Columns: sum_k shared[k] g_k. What task k owns: heads[k] times its gradient. Ends the pass.
  Gradients backward(Forward& pass, const std::vector<double>& shared,
                     const std::vector<double>& heads) const;
  /// The same with a direction [P] of the columns instead of weights.
  /// \pre the purpose of the pass is `exact`.
  Gradients backward(Forward& pass, const at::Tensor& direction,
                     const std::vector<double>& heads) const;
  /// The same with weights of its own for each part. \param shared [part][K].
  Gradients backward(Forward& pass, const Parts& parts,
                     const std::vector<std::vector<double>>& shared,
                     const std::vector<double>& heads) const;

 private:
  /// How the exact gradients of a pass are held.
  struct Plan {
    Way way = Way::stacked;
    size_t chunk = 1;  ///< tasks at a time
  };
  Plan planFor(const Forward& pass) const;
  void readLosses(Forward& pass) const;
  void takeDirections(Forward& pass) const;
  const TaskGradients& exact(Forward& pass) const;
  std::shared_ptr<TaskGradients> gradientsOf(const Forward& pass, size_t first, size_t count,
                                             Form form) const;
  void descend(const Forward& pass, std::vector<model::Stack> stacks, size_t losses,
               model::ParameterSink& sink) const;
  void descendByAutograd(const Forward& pass, const std::vector<model::Stack>& stacks,
                         size_t losses, model::ParameterSink& sink) const;
  at::Tensor gramianByPairs(const Forward& pass, size_t chunk) const;
  at::Tensor crossByPairs(const Forward& one, const Forward& other, size_t chunk,
                          const Parts& parts) const;
  at::Tensor gramiansByPairs(const Forward& pass, size_t chunk, const Parts& parts) const;
  void addOwn(const Forward& pass, const std::vector<double>& heads, Gradients& gradients) const;
  void shape(Gradients& gradients) const;
  at::TensorOptions numbers() const { return model_.parameters().values().options(); }
  at::Tensor zeros(at::IntArrayRef shape) const;
  bool isReached(const Forward& pass, size_t index) const;
  at::Tensor representationGramian(const Forward& pass) const;
  at::Tensor scattered(const Forward& pass, const at::Tensor& gramian) const;
  Gradients chained(Forward& pass, const std::vector<double>& shared,
                    const std::vector<double>& heads) const;
  Gradients backwardTogether(const Forward& pass, const std::vector<double>& weights) const;
  Gradients backwardApart(const Forward& pass, const std::vector<double>& shared,
                          const std::vector<double>& heads) const;
  Gradients backwardTwice(const Forward& pass, const std::vector<double>& shared,
                          const std::vector<double>& heads) const;
  std::vector<at::Tensor> tensors(const std::vector<size_t>& indices) const;

  const model::Model& model_;
  EngineOptions options_;
};

}  // namespace eq::gradient
