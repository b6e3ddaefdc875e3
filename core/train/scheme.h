#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "core/balance/two_slots.h"
#include "core/gradient/engine.h"
#include "core/loss/loss.h"
#include "core/train/task_rows.h"

namespace eq::train {

struct BatchPass;
struct EvaluationRecord;
struct RunParts;
class StepMeasurement;
struct StepWork;

/// Who and what a step trains.
struct StepChoice {
  std::vector<char> tasks;  ///< [K]; the others are left out like disabled ones
  /// Training examples of the batch, in its order; nothing: all of them.
  std::optional<std::vector<std::int64_t>> examples = std::nullopt;
  /// By parameter: what stays as it is, moments included; empty: nothing.
  std::vector<char> resting = {};
};

/// What needs more of the trainer than a balancer has: who takes part in a step (kind W), or how it
/// is made (kind H). An experiment has at most one of each kind. Hooks are called once a step, in
/// the order in which they stand; each does nothing by default. All draws come from seed and step.
class Scheme {
 public:
  virtual ~Scheme() = default;

  /// Between two steps: may exchange parts of the run. \return what people should know, a line
  /// each.
  virtual std::vector<std::string> between(RunParts& /*parts*/) { return {}; }

  /// \param choice tasks that are enabled and have a target in the batch. \return some of them.
  virtual StepChoice beforeForward(const RunParts& /*parts*/, StepChoice choice) { return choice; }

  /// The step at which the schedule of the learning rate began.
  virtual std::int64_t scheduleStart() const { return 0; }
  /// How many steps it has.
  virtual std::int64_t scheduleSteps(const RunParts& parts) const;

  // Kind H.

  /// Looks ahead before the batch of the step goes through the model. \param rate the learning rate
  /// of the step.
  virtual void ahead(RunParts& /*parts*/, double /*rate*/) {}

  /// What the pass of the batch is for at the least; see `rows`.
  virtual gradient::Purpose purpose() const { return gradient::Purpose::sum; }
  /// Whether `lossOf` reads the losses of examples.
  virtual bool readsExamples() const { return false; }
  /// What is trained of a task's loss, a scalar with a graph. The record holds the loss itself.
  virtual at::Tensor lossOf(const RunParts& /*parts*/, size_t /*task*/,
                            const loss::Batch& /*batch*/, const loss::Value& value) {
    return value.value;
  }
  /// The tasks' gradients as the balancer is to see them; nothing: those of the pass.
  /// \param rate the learning rate of the step.
  virtual std::optional<TaskRows> rows(RunParts& /*parts*/, BatchPass& /*pass*/, double /*rate*/) {
    return std::nullopt;
  }
  /// Calls the balancer; nothing: as usual. \param factors [K] of the tasks.
  virtual std::optional<balance::Weights> weigh(RunParts& /*parts*/,
                                                const balance::Inputs& /*inputs*/,
                                                const Eigen::VectorXd& /*factors*/,
                                                const std::vector<char>& /*active*/,
                                                StepMeasurement& /*measurement*/) {
    return std::nullopt;
  }
  /// Changes the update that the balancer leads to.
  virtual void beforeOptimizer(RunParts& /*parts*/, const StepWork& /*work*/,
                               gradient::Gradients& /*gradients*/) {}
  /// Whether `step` moves by the update that it is given, to which the model's penalties are added.
  virtual bool takesPenalties() const { return true; }
  /// Moves the parameters; by the optimizer. \param skip scalar on the device: 1 where all stays as
  /// it is.
  virtual void step(RunParts& parts, const gradient::Gradients& gradients, double rate,
                    const at::Tensor& skip);

  /// Whether `afterOptimizer` sends the batch through the model once more.
  virtual bool readsAgain() const { return false; }
  /// \param pass the batch of the step with its losses, from before it. Nothing here reads the
  /// device: what is wanted of it is kept for `beforeForward` to read.
  virtual void afterOptimizer(RunParts& /*parts*/, const BatchPass& /*pass*/) {}

  /// An evaluation that the experiment prescribes. \return as `between`.
  virtual std::vector<std::string> look(const RunParts& /*parts*/,
                                        const EvaluationRecord& /*evaluation*/) {
    return {};
  }

  /// Everything that is carried from step to step.
  virtual nlohmann::json state() const { return nlohmann::json::object(); }
  virtual void restore(const nlohmann::json& /*state*/) {}
  /// The same of tensors, by name, sharing memory.
  virtual std::map<std::string, at::Tensor> tensors() const { return {}; }
  /// \param tensors on the run's device.
  virtual void restoreTensors(const std::map<std::string, at::Tensor>& /*tensors*/) {}
};

}  // namespace eq::train
