#include "core/train/front_step.h"

#include <utility>

#include "core/train/front_method.h"
#include "core/train/front_update.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/step_ends.h"

namespace eq::train {

PendingRecord takeFrontStep(RunParts& parts) {
  const auto started = StepClock::now();
  StepRecord record;
  record.learningRate = baseRate(parts.experiment.optimizer) * parts.schemes.rateFactor(parts);
  parts.choice = {availableTasks(parts)};
  auto update = parts.front->update(parts);
  const auto& shown = update.shown;
  auto values = valuesOf(shown, parts.tasks, record);
  record.weights = std::move(update.weights);
  record.preferences = std::move(update.preferences);
  auto skip = applyUpdate(parts, update.gradients, shown, false, record.learningRate);
  parts.settle();
  advance(parts, started, record);
  PendingRecord pending{std::move(record), std::move(values), std::move(skip), shown.active, {}};
  pending.way = update.way;
  pending.conflict = std::move(update.conflict);
  for (const auto& [gradient, remark] : update.remarks)
    pending.remarks.push_back(
        {static_cast<size_t>(remark.task), parts.experiment.pareto.id, remark.text});
  return pending;
}

}  // namespace eq::train
