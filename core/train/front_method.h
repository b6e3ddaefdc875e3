#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/gradient/engine.h"
#include "core/metric/points.h"
#include "core/model/model.h"
#include "core/train/records.h"

namespace eq::train {

struct FrontUpdate;
struct RunParts;

/// Trains a front of models instead of one: what is trained lies in a buffer of its own, and makes
/// of the run's model the one that serves a preference. Between two steps the model stands at equal
/// preferences, so that all looks at the run are at the model there.
class FrontMethod {
 public:
  virtual ~FrontMethod() = default;

  /// What the optimizer moves, and checkpoints hold as "model.<name>", in place of the model's own
  /// parameters; null: those.
  virtual model::ParameterBuffer* own() { return nullptr; }

  /// Makes of the model what serves a preference. \param preference [K], sum 1.
  virtual void place(model::Model& network, const metric::Point& preference) = 0;
  /// Inputs as the model reads them: with the preference that it was placed at, where the method's
  /// descriptor says "reads_preference"; then inputs have a column, or channel, a task more.
  virtual at::Tensor withPreference(const at::Tensor& inputs) const { return inputs; }

  /// Makes of a model that reads inputs alone what serves a preference.
  /// \throws Error where it cannot be.
  virtual void writePlain(model::Model& plain, const metric::Point& preference) {
    place(plain, preference);
  }

  /// The update by the batch of the step to come, at preferences that are drawn from seed and step.
  /// It may leave the model anywhere. \pre `parts.choice` is made.
  virtual FrontUpdate update(RunParts& parts) = 0;

  /// A task has another loss from now on.
  virtual void lossChanged(size_t /*task*/) {}

  /// Everything that is carried from step to step beside what is trained.
  virtual nlohmann::json state() const { return nlohmann::json::object(); }
  virtual void restore(const nlohmann::json& /*state*/) {}
};

}  // namespace eq::train
