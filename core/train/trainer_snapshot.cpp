#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/fingerprint.h"
#include "core/train/device.h"
#include "core/train/evaluator.h"
#include "core/train/intervals.h"
#include "core/train/second_view.h"
#include "core/train/trainer_state.h"

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

}  // namespace

std::vector<model::HeadOutput> Trainer::State::predict(const at::Tensor& inputs) const {
  const model::Pass pass{
      .views = std::any_of(tasks.begin(), tasks.end(),
                           [](const TaskRuntime& task) { return task.readsViews(); })};
  std::vector<model::HeadOutput> outputs;
  const auto representation = model->trunk(withViews(inputs, pass.views, seedOfViews()), pass);
  for (size_t k = 0; k < tasks.size(); ++k) outputs.push_back(model->head(k, representation, pass));
  return outputs;
}

at::Tensor Trainer::State::withViews(const at::Tensor& inputs, bool views,
                                     std::uint64_t seed) const {
  return views ? at::cat({inputs, secondView(inputs, problem.augmentation, seed)}) : inputs;
}

const data::Split& Trainer::State::splitOf(SplitName name) const {
  if (name == SplitName::train) return problem.train;
  return name == SplitName::validation ? problem.validation : problem.test;
}

EvaluationRecord Trainer::State::evaluate(SplitName name) const {
  EvaluationRecord record{steps, epochs(), seconds, name, {}};
  guarded("evaluation of " + toText(name), [&] {
    for (auto& task : evaluateTasks(splitOf(name), tasks, experiment.tasks,
                                    [this](const at::Tensor& inputs) { return predict(inputs); })) {
      if (task.report) record.reports.emplace(record.tasks.size(), std::move(*task.report));
      record.tasks.push_back(std::move(task.metrics));
    }
  });
  return record;
}

IntervalRecord Trainer::State::intervals(SplitName name) const {
  IntervalRecord record{name, {}};
  guarded("bootstrap of " + toText(name), [&] {
    record.tasks = taskIntervals(
        splitOf(name), tasks, experiment.tasks,
        [this](const at::Tensor& inputs) { return predict(inputs); },
        deriveSeed(experiment.seed, "bootstrap", static_cast<std::uint64_t>(name)));
  });
  return record;
}

at::Tensor Trainer::State::predictions(size_t task, const at::Tensor& inputs) const {
  const at::NoGradGuard noGradients;
  data::Split split;
  split.inputs = inputs.to(device);
  split.targets.resize(problem.tasks.size());
  std::vector<at::Tensor> parts;
  forEachChunk(
      split, [this](const at::Tensor& chunk) { return predict(chunk); },
      [&](const at::Tensor&, const auto& outputs) {
        const auto batch = tasks.at(task).batch(split, {}, outputs[task]);
        parts.push_back(tasks[task].loss().decode(batch));
      });
  if (parts.empty() || !parts.front().defined())
    fail("the loss of {} makes predictions of another kind", tasks.at(task).info().name);
  return at::cat(parts).to(at::kCPU);
}

ExampleView Trainer::State::view(const ExampleRequest& request) const {
  if (request.task >= tasks.size())
    fail("examples: tasks go from 0 to {}, found {}", tasks.size() - 1, request.task);
  ExampleView found;
  guarded("examples of " + tasks[request.task].info().name, [&] {
    found = viewExamples(problem.validation, tasks[request.task], request,
                         [this](const at::Tensor& inputs) { return predict(inputs); });
  });
  found.step = steps;
  return found;
}

std::vector<ExamplePicture> Trainer::State::pictures(
    const std::vector<std::int64_t>& indices) const {
  std::vector<ExamplePicture> pictures;
  for (const auto index : indices) {
    if (index < 0 || index >= problem.validation.size())
      fail("pictures: examples go from 0 to {}, found {}", problem.validation.size() - 1, index);
    pictures.push_back(pictureOf(index, problem.validation.inputs[index]));
  }
  return pictures;
}

const nlohmann::json& Trainer::State::fingerprint() const {
  if (fingerprint_.is_null()) fingerprint_ = data::fingerprint(problem);
  return fingerprint_;
}

Snapshot Trainer::State::snapshot() const {
  Snapshot snapshot;
  for (size_t i = 0; i < model->parameters().infos().size(); ++i)
    snapshot.tensors["model." + model->parameters().infos()[i].name] =
        model->parameters().tensor(i).detach().to(at::kCPU, false, true);
  for (const auto& [name, tensor] : optimizer->state())
    snapshot.tensors["optimizer." + name] = tensor.to(at::kCPU, false, true);
  snapshot.tensors["random.dropout"] = model->randomState().clone();
  snapshot.meta = {{"experiment", toJson(experiment)},
                   {"folder", experiment.folder.string()},
                   {"data", fingerprint()},
                   {"step", steps},
                   {"examples", examples},
                   {"seconds", seconds},
                   {"balancer", balancer->state()},
                   {"sampler", sampler->state()},
                   {"frozen", frozen},
                   {"finite", finite_},
                   {"skipped", skipped_},
                   {"torch", torchVersion()},
                   {"device", device.str()},
                   {"threads", at::get_num_threads()}};
  return snapshot;
}

void Trainer::State::restore(const Snapshot& snapshot) {
  const at::NoGradGuard noGradients;
  const auto& infos = model->parameters().infos();
  std::map<std::string, at::Tensor> moments;
  for (const auto& [name, tensor] : snapshot.tensors)
    if (name.starts_with("optimizer.")) moments[name.substr(10)] = tensor;
  for (const auto& info : infos) {
    const auto found = snapshot.tensors.find("model." + info.name);
    if (found == snapshot.tensors.end() || found->second.sizes() != at::IntArrayRef(info.shape))
      fail(
          "checkpoint: parameter {} is missing or has another shape; it was made with another "
          "model",
          info.name);
  }
  optimizer->restore(moments);
  for (size_t i = 0; i < infos.size(); ++i)
    model->parameters().tensor(i).copy_(snapshot.tensors.at("model." + infos[i].name));
  model->restoreRandomState(snapshot.tensors.at("random.dropout"));
  const auto& meta = snapshot.meta;
  steps = meta.at("step").get<std::int64_t>();
  examples = meta.at("examples").get<std::int64_t>();
  seconds = meta.at("seconds").get<double>();
  balancer->restore(meta.at("balancer"));
  sampler->restore(meta.at("sampler"));
  frozen = meta.at("frozen").get<std::vector<char>>();
  finite_ = meta.at("finite").get<std::vector<char>>();
  finite_.resize(tasks.size() + 1, 1);  // older checkpoints know of losses only
  skipped_ = meta.at("skipped").get<std::int64_t>();
}

}  // namespace eq::train
