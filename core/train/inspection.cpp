#include "core/train/inspection.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/train/attack.h"
#include "core/train/device.h"
#include "core/train/evaluator.h"
#include "core/train/front_catalog.h"
#include "core/train/front_preferences.h"
#include "core/train/front_variants.h"
#include "core/train/intervals.h"
#include "core/train/passes.h"

namespace eq::train {
namespace {

/// One channel, or the mean of several, scaled so that the smallest value is 0 and the largest 1.
ExamplePicture pictureOf(std::int64_t index, const at::Tensor& input) {
  ExamplePicture picture;
  picture.index = index;
  auto values = input.detach().to(at::kCPU, at::kFloat);
  if (values.dim() == 3) {
    values = values.mean(0);
    values = (values - values.min()) / (values.max() - values.min()).clamp_min(1e-12);
    picture.height = values.size(0);
    picture.width = values.size(1);
  }
  values = values.contiguous();
  const auto* first = values.const_data_ptr<float>();
  picture.values.assign(first, first + values.numel());
  return picture;
}

/// The model of a front where it was put, as long as this lives.
class Placed {
 public:
  template <typename Place>
  Placed(const RunParts& parts, const Place& place) : parts_(parts) {
    place(*parts.model);
  }
  ~Placed() { parts_.settle(); }
  Placed(const Placed&) = delete;
  Placed& operator=(const Placed&) = delete;

 private:
  const RunParts& parts_;
};

Predict predictor(const RunParts& parts) {
  return [&parts](const at::Tensor& inputs) { return predict(parts, inputs); };
}

/// Attacks that are the same at every evaluation.
UnderAttack attacker(const RunParts& parts) {
  return [&parts](size_t task, const at::Tensor& inputs, const at::Tensor& target,
                  const metric::Attack& attack, std::int64_t first) {
    const auto seed =
        deriveSeed(parts.experiment.seed, "evaluated attack on " + parts.tasks[task].info().name,
                   static_cast<std::uint64_t>(first));
    return taskLogits(parts, task, attackedTask(parts, task, inputs, target, attack, seed).inputs);
  };
}

Beside besideOf(const RunParts& parts) {
  return {attacker(parts), &parts.problem.train};
}

void requireTrainedFront(const RunParts& parts) {
  if (!parts.front) fail("pareto: this run trains one model and has no front");
}

/// A model of a front over a split. \param place puts it there.
template <typename Place>
FrontPoint pointOfFront(const RunParts& parts, const data::Split& split,
                        const metric::Point& preference, const Place& place) {
  FrontPoint point{preference, {}};
  guarded("evaluation of the front", [&] {
    const Placed here(parts, place);
    for (auto& task : evaluateTasks(split, parts.tasks, parts.experiment.tasks, predictor(parts),
                                    besideOf(parts)))
      point.tasks.push_back(std::move(task.metrics));
  });
  return point;
}

/// Adds the metrics of the samples of a preference to those of its model.
void addSamplesOf(const RunParts& parts, const data::Split& split, SampledFront& front,
                  FrontPoint& point) {
  for (std::int64_t sample = 0; sample < front.samples(); ++sample) {
    const auto drawn = pointOfFront(parts, split, point.preference, [&](model::Model& network) {
      front.placeSample(network, point.preference, sample);
    });
    for (size_t k = 0; k < drawn.tasks.size(); ++k)
      for (const auto& [metric, value] : drawn.tasks[k])
        point.tasks[k][ofSample(metric, sample)] = value;
  }
}

/// Of each size from the smallest on.
std::vector<FrontPoint> sizedFront(const RunParts& parts, const data::Split& split,
                                   SizedFront& front, const metric::Points& preferences) {
  std::vector<FrontPoint> points;
  for (size_t size = 0; size < front.sizes(); ++size)
    for (const auto& preference : preferences) {
      points.push_back(pointOfFront(parts, split, preference, [&](model::Model& network) {
        front.placeSized(network, preference, size);
      }));
      const double cost = front.costOf(parts, preference, size);
      for (auto& task : points.back().tasks) task[kMultiplyAdds] = cost;
    }
  return points;
}

}  // namespace

const data::Split& splitOf(const data::Problem& problem, SplitName name) {
  if (name == SplitName::train) return problem.train;
  return name == SplitName::validation ? problem.validation : problem.test;
}

EvaluationRecord evaluate(const RunParts& parts, SplitName name) {
  EvaluationRecord record{parts.progress.steps, parts.epochs(), parts.progress.seconds, name, {}};
  guarded("evaluation of " + toText(name), [&] {
    for (auto& task : evaluateTasks(splitOf(parts.problem, name), parts.tasks,
                                    parts.experiment.tasks, predictor(parts), besideOf(parts))) {
      if (task.report) record.reports.emplace(record.tasks.size(), std::move(*task.report));
      record.tasks.push_back(std::move(task.metrics));
    }
  });
  if (parts.front && name == SplitName::validation)
    record.front = frontOf(parts, splitOf(parts.problem, name),
                           frontPreferences(parts.tasks.size(), frontPointsOf(parts.experiment),
                                            seedOfFront(parts.experiment), "pareto.front_points"));
  return record;
}

FrontPoint pointOnFront(const RunParts& parts, const data::Split& split,
                        const metric::Point& preference) {
  requireTrainedFront(parts);
  return pointOfFront(parts, split, preference,
                      [&](model::Model& network) { parts.front->place(network, preference); });
}

std::vector<FrontPoint> frontOf(const RunParts& parts, const data::Split& split,
                                const metric::Points& preferences, bool samples) {
  requireTrainedFront(parts);
  if (auto* sized = dynamic_cast<SizedFront*>(parts.front.get()))
    return sizedFront(parts, split, *sized, preferences);
  auto* sampled = samples ? dynamic_cast<SampledFront*>(parts.front.get()) : nullptr;
  std::vector<FrontPoint> points;
  for (const auto& preference : preferences) {
    points.push_back(pointOnFront(parts, split, preference));
    if (sampled) addSamplesOf(parts, split, *sampled, points.back());
  }
  return points;
}

IntervalRecord intervals(const RunParts& parts, SplitName name) {
  IntervalRecord record{name, {}};
  guarded("bootstrap of " + toText(name), [&] {
    record.tasks = taskIntervals(
        splitOf(parts.problem, name), parts.tasks, parts.experiment.tasks, predictor(parts),
        deriveSeed(parts.experiment.seed, "bootstrap", static_cast<std::uint64_t>(name)));
  });
  return record;
}

at::Tensor predictions(const RunParts& parts, size_t task, const at::Tensor& inputs) {
  const at::NoGradGuard noGradients;
  const auto& runtime = parts.tasks.at(task);
  data::Split split;
  split.inputs = inputs.to(parts.device);
  split.targets.resize(parts.problem.tasks.size());
  std::vector<at::Tensor> found;
  forEachChunk(split, predictor(parts), [&](const at::Tensor&, const auto& outputs) {
    found.push_back(runtime.loss().decode(runtime.batch(split, {}, outputs[task])));
  });
  if (found.empty() || !found.front().defined())
    fail("the loss of {} makes predictions of another kind", runtime.info().name);
  return at::cat(found).to(at::kCPU);
}

ExampleView view(const RunParts& parts, const ExampleRequest& request) {
  if (request.task >= parts.tasks.size())
    fail("examples: tasks go from 0 to {}, found {}", parts.tasks.size() - 1, request.task);
  const auto& task = parts.tasks[request.task];
  ExampleView found;
  guarded("examples of " + task.info().name,
          [&] { found = viewExamples(parts.problem.validation, task, request, predictor(parts)); });
  found.step = parts.progress.steps;
  return found;
}

std::vector<ExamplePicture> pictures(const RunParts& parts,
                                     const std::vector<std::int64_t>& indices) {
  const auto& split = parts.problem.validation;
  std::vector<ExamplePicture> found;
  for (const auto index : indices) {
    if (index < 0 || index >= split.size())
      fail("pictures: examples go from 0 to {}, found {}", split.size() - 1, index);
    found.push_back(pictureOf(index, split.inputs[index]));
  }
  return found;
}

}  // namespace eq::train
