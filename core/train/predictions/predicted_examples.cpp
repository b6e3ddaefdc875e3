#include "core/train/predicted_examples.h"

#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/train/device.h"
#include "core/train/evaluator.h"
#include "core/train/inspection.h"
#include "core/train/passes.h"
#include "core/train/predictions/prediction_decisions.h"

namespace eq::train {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kLogVarianceLimit = 10;           // as the loss reads it
constexpr double kTwoSided95 = 1.959963984540054;  // quantile 0.975 of the normal distribution

const TaskRuntime& requireTask(const RunParts& parts, size_t task) {
  if (parts.problem.objective)
    fail("predictions: the data {} are a function to be minimised and have no examples",
         parts.experiment.data.id);
  if (task >= parts.tasks.size())
    fail("predictions: tasks go from 0 to {}, found {}", parts.tasks.size() - 1, task);
  return parts.tasks[task];
}

/// The batch as metrics read it; its prediction is undefined where the loss makes none for them.
loss::Batch decodedBy(const TaskRuntime& task, const loss::Batch& batch) {
  auto decoded = batch;
  decoded.prediction = task.loss().decode(batch);
  if (decoded.prediction.defined()) return task.inOwnUnit(std::move(decoded));
  if (task.info().kind == TaskKind::regression)
    decoded.target = decoded.target.to(at::kDouble) * task.info().scale + task.info().offset;
  return decoded;
}

template <typename Number>
void append(std::vector<Number>& numbers, const at::Tensor& values, at::ScalarType type) {
  const auto host = values.to(at::kCPU, type).contiguous();
  const auto* first = host.const_data_ptr<Number>();
  numbers.insert(numbers.end(), first, first + host.numel());
}

void appendFlags(std::vector<char>& flags, const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kChar).contiguous();
  const auto* first = host.const_data_ptr<std::int8_t>();
  flags.insert(flags.end(), first, first + host.numel());
}

/// Fills a survey, a chunk of examples at a time.
class Surveyor {
 public:
  Surveyor(PredictionSurvey& survey, const TaskRuntime& task) : survey_(survey), task_(task) {}

  void add(const std::vector<loss::Batch>& places) {
    const auto& batch = places.back();
    const auto decoded = decodedBy(task_, batch);
    const auto counted = countedEntries(batch) > 0;
    const auto finite = batch.prediction.isfinite().reshape({batch.prediction.size(0), -1}).all(1);
    survey_.decoded = decoded.prediction.defined();
    append(survey_.errors, errors(places, decoded).masked_fill(counted.logical_not(), kNone),
           at::kDouble);
    appendFlags(survey_.counted, counted);
    appendFlags(survey_.finite, finite);
    addDecisions(decoded, counted, finite);
  }

 private:
  at::Tensor errors(const std::vector<loss::Batch>& places, const loss::Batch& decoded) {
    const auto rows = places.back().prediction.size(0);
    const auto found = task_.lossAt(places, true).perSample;
    if (found.defined() && found.dim() == 1 && found.size(0) == rows) {
      survey_.measure = "loss";
      return found.to(at::kDouble);
    }
    survey_.reason = "the loss compares examples and has no value of one";
    survey_.measure = survey_.decoded ? nameOfErrors(task_.info().kind) : "none";
    const auto options = places.back().prediction.options().dtype(at::kDouble);
    return survey_.decoded ? errorsOf(decoded, task_.info().kind) : at::zeros({rows}, options);
  }

  void addDecisions(const loss::Batch& decoded, const at::Tensor& counted,
                    const at::Tensor& finite) {
    const auto kind = task_.info().kind;
    const auto rows = counted.size(0);
    if (!survey_.decoded || kind == TaskKind::regression) {
      const auto none = at::zeros({rows}, counted.options().dtype(at::kInt));
      append(survey_.decided, none, at::kInt);
      append(survey_.right, none, at::kInt);
      return;
    }
    const auto decisions = decideRows(decoded, kind);
    const auto right = (decisions.predicted == decisions.target) & decisions.valid;
    append(survey_.decided, decisions.valid.sum(1), at::kInt);
    append(survey_.right, right.sum(1), at::kInt);
    if (!hasClasses(kind)) return;
    append(survey_.targets, decisions.target.squeeze(1).masked_fill(counted.logical_not(), -1),
           at::kInt);
    append(survey_.predicted, decisions.predicted.squeeze(1).masked_fill(finite.logical_not(), -1),
           at::kInt);
  }

  PredictionSurvey& survey_;
  const TaskRuntime& task_;
};

/// Both ends of the predicted intervals, flat an example; undefined without any.
std::pair<at::Tensor, at::Tensor> endsOf(const TaskRuntime& task, const loss::Batch& batch) {
  const auto& role = task.readouts().front().role;
  const auto& raw = batch.prediction;
  at::Tensor low, high;
  if (role == "quantiles") {
    low = raw.amin(-1);
    high = raw.amax(-1);
  } else if (role == "mean_log_variance") {
    const auto logVariance = raw.select(-1, 1).clamp(-kLogVarianceLimit, kLogVarianceLimit);
    const auto half = (logVariance / 2).exp() * kTwoSided95;
    low = raw.select(-1, 0) - half;
    high = raw.select(-1, 0) + half;
  } else {
    return {};
  }
  const auto own = [&](const at::Tensor& ends) {
    return (ends.to(at::kDouble) * task.info().scale + task.info().offset)
        .reshape({ends.size(0), -1});
  };
  return {own(low), own(high)};
}

/// What these intervals are.
std::string intervalOf(const TaskRuntime& task) {
  const auto& role = task.readouts().front().role;
  if (role == "quantiles") return "from the lowest to the highest quantile that is learned";
  if (role == "mean_log_variance") return "the middle 95 % of the predicted normal distribution";
  return {};
}

/// Flat an example; undefined where there is none to show.
at::Tensor outputsOf(const loss::Batch& decoded, TaskKind kind) {
  if (!decoded.prediction.defined()) return {};
  const auto rows = decoded.prediction.size(0);
  if (kind == TaskKind::regression) return decoded.prediction.to(at::kDouble).reshape({rows, -1});
  if (kind != TaskKind::segmentation)
    return probabilitiesOf(decoded.prediction, kind).reshape({rows, -1});
  const auto maps = decoded.prediction.flatten(2);
  const auto classes = decideRows(decoded, kind).predicted.to(at::kDouble);
  return classes.masked_fill(maps.isfinite().all(1).logical_not(), kNone);
}

/// Inputs in their own unit, flat an example.
at::Tensor inputRows(const data::Problem& problem, const at::Tensor& inputs) {
  const auto rows = inputs.to(at::kCPU, at::kDouble).reshape({inputs.size(0), -1});
  const auto features = static_cast<size_t>(rows.size(1));
  if (problem.inputs.empty()) return rows;
  if (problem.inputs.size() != 1 && problem.inputs.size() != features) return rows;
  std::vector<double> scales, offsets;
  for (const auto& one : problem.inputs) {
    scales.push_back(one.scale);
    offsets.push_back(one.offset);
  }
  return rows * at::tensor(scales, at::kDouble) + at::tensor(offsets, at::kDouble);
}

std::vector<double> rowOf(const at::Tensor& rows, std::int64_t i) {
  std::vector<double> numbers;
  if (rows.defined()) append(numbers, rows[i], at::kDouble);
  return numbers;
}

at::Tensor onHost(const at::Tensor& values) {
  return values.defined() ? values.to(at::kCPU) : values;
}

}  // namespace

PredictionSurvey surveyOf(const RunParts& parts, SplitName split, size_t task,
                          const SurveyProgress& progress) {
  const auto& runtime = requireTask(parts, task);
  const auto& examples = splitOf(parts.problem, split);
  if (examples.size() == 0) fail("predictions: the {} split has no examples", toText(split));
  PredictionSurvey survey;
  survey.task = task;
  survey.split = split;
  survey.step = parts.progress.steps;
  survey.info = runtime.info();
  survey.inputShape = parts.problem.inputShape;
  survey.inputs = parts.problem.inputs;
  survey.interval = intervalOf(runtime);
  Surveyor surveyor(survey, runtime);
  guarded("predictions of " + runtime.info().name, [&] {
    forEachChunk(
        examples, [&parts](const at::Tensor& inputs) { return predict(parts, inputs); },
        [&](const at::Tensor& rows, const auto& outputs) {
          surveyor.add(runtime.batches(examples, rows, outputs[task]));
          if (progress && !progress(survey.size(), examples.size()))
            fail("predictions: ended before all examples were seen");
        });
  });
  return survey;
}

std::vector<PredictedExample> predictedExamples(const RunParts& parts, SplitName split, size_t task,
                                                const std::vector<std::int64_t>& indices) {
  const auto& runtime = requireTask(parts, task);
  const auto& examples = splitOf(parts.problem, split);
  for (const auto index : indices)
    if (index < 0 || index >= examples.size())
      fail("predictions: examples of the {} split go from 0 to {}, found {}", toText(split),
           examples.size() - 1, index);
  std::vector<PredictedExample> found;
  if (indices.empty()) return found;
  guarded("predictions of " + runtime.info().name, [&] {
    const at::NoGradGuard noGradients;
    const auto rows = at::tensor(indices, at::kLong).to(examples.inputs.device());
    const auto inputs = examples.inputs.index_select(0, rows);
    const auto batch = runtime.batch(examples, rows, predict(parts, inputs)[task]);
    const auto decoded = decodedBy(runtime, batch);
    const auto shown = inputRows(parts.problem, inputs);
    const auto targets = onHost(targetRows(decoded));
    const auto outputs = onHost(outputsOf(decoded, runtime.info().kind));
    const auto [low, high] = endsOf(runtime, batch);
    for (std::int64_t i = 0; i < rows.size(0); ++i)
      found.push_back({indices[static_cast<size_t>(i)], rowOf(shown, i), rowOf(targets, i),
                       rowOf(outputs, i), rowOf(low, i), rowOf(high, i)});
  });
  return found;
}

}  // namespace eq::train
