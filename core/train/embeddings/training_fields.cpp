#include "core/train/training_fields.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/metric/catalog.h"
#include "core/metric/ranking/linear_probe.h"

namespace eq::train {
namespace {

bool isFitted(const TaskSpec& task) {
  return std::any_of(task.metrics.begin(), task.metrics.end(), [](const MethodSpec& metric) {
    return metric::readsTraining(metric::catalog().descriptor(metric.id));
  });
}

}  // namespace

loss::Batch embedded(loss::Batch batch) {
  static const auto kFeatures = furtherReadout(Readout{Readout::Layer::features}.name());
  const auto features = batch.field(kFeatures);
  if (features.defined()) batch.prediction = features;
  return batch;
}

std::vector<TrainingFields> trainingFields(const data::Split& training,
                                           const std::vector<TaskRuntime>& tasks,
                                           const std::vector<TaskSpec>& specs,
                                           const Predict& predict) {
  std::vector<TrainingFields> fields(tasks.size());
  if (std::none_of(specs.begin(), specs.end(), isFitted)) return fields;
  std::vector<std::vector<at::Tensor>> features(tasks.size());
  forEachChunk(training, predict, [&](const at::Tensor& rows, const auto& outputs) {
    for (size_t k = 0; k < tasks.size(); ++k)
      if (isFitted(specs[k]))
        features[k].push_back(embedded(tasks[k].batch(training, rows, outputs[k])).prediction);
  });
  for (size_t k = 0; k < tasks.size(); ++k)
    if (!features[k].empty())
      fields[k] = {{"training", at::cat(features[k])},
                   {"training_target", training.targets.at(tasks[k].index())}};
  return fields;
}

}  // namespace eq::train
