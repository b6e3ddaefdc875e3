#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace eq::train {

struct BatchPass;
struct EvaluationRecord;
struct RunParts;

/// Who and what a step trains.
struct StepChoice {
  std::vector<char> tasks;  ///< [K]; the others are left out like disabled ones
  /// Training examples of the batch, in its order; nothing: all of them.
  std::optional<std::vector<std::int64_t>> examples = std::nullopt;
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

  /// \param pass the batch of the step with its losses, from before it. Nothing here reads the
  /// device: what is wanted of it is kept for `beforeForward` to read.
  virtual void afterOptimizer(const RunParts& /*parts*/, const BatchPass& /*pass*/) {}

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
