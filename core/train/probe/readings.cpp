#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/metric/catalog.h"
#include "core/metric/metric.h"
#include "core/metric/ranking/embedding_ranks.h"
#include "core/train/device.h"
#include "core/train/inspection.h"
#include "core/train/passes.h"
#include "core/train/probe/probe_state.h"

namespace eq::train {
namespace {

at::Tensor flat(const std::vector<at::Tensor>& read) {
  std::vector<at::Tensor> parts;
  for (const auto& one : read) parts.push_back(one.flatten(1));
  return at::cat(parts, 1);
}

/// Back into the shapes that examples of `like` have.
std::vector<at::Tensor> shaped(const at::Tensor& flat, const std::vector<at::Tensor>& like) {
  std::vector<at::Tensor> read;
  std::int64_t begin = 0;
  for (const auto& one : like) {
    const auto width = one.numel() / one.size(0);
    auto shape = one.sizes().vec();
    shape[0] = flat.size(0);
    read.push_back(flat.narrow(1, begin, width).reshape(shape).to(one.scalar_type()));
    begin += width;
  }
  return read;
}

}  // namespace

at::Tensor ParameterProbe::readings(size_t task, const at::Tensor& inputs) const {
  const at::NoGradGuard noGradients;
  return flat(state_->represented(task, inputs.to(state_->parts.device)));
}

at::Tensor ParameterProbe::readings(size_t task) const {
  constexpr std::int64_t kChunk = 1024;
  std::vector<at::Tensor> chunks;
  for (const auto& inputs : state_->parts.problem.validation.inputs.split(kChunk))
    chunks.push_back(readings(task, inputs));
  return at::cat(chunks);
}

std::vector<std::map<std::string, double>> ParameterProbe::evaluate(SplitName split,
                                                                    const Reread& reread) const {
  const at::NoGradGuard noGradients;
  const auto& parts = state_->parts;
  const auto predict = [&](const at::Tensor& inputs) {
    std::vector<model::HeadOutput> outputs;
    for (size_t t = 0; t < parts.tasks.size(); ++t) {
      const auto read = state_->represented(t, inputs);
      outputs.push_back(state_->headOf(t, shaped(reread(t, inputs, flat(read)), read)));
    }
    return outputs;
  };
  std::vector<std::map<std::string, double>> values;
  guarded("evaluation of " + toText(split), [&] {
    for (auto& task : evaluateTasks(splitOf(parts.problem, split), parts.tasks,
                                    parts.experiment.tasks, predict, {{}, &parts.problem.train}))
      values.push_back(std::move(task.metrics));
  });
  return values;
}

at::Tensor ParameterProbe::inputs(const at::Tensor& rows) const {
  return state_->parts.problem.validation.inputs.index_select(0, rows.to(state_->parts.device));
}

ParameterProbe::ReadLoss ParameterProbe::lossOfReading(size_t task, const at::Tensor& rows,
                                                       const at::Tensor& reading) const {
  const auto& parts = state_->parts;
  const auto chosen = rows.to(parts.device);
  const auto like = [&] {
    const at::NoGradGuard noGradients;
    return state_->represented(task, inputs(chosen.narrow(0, 0, 1)));
  }();
  const at::AutoGradMode graph(true);
  const auto leaf = reading.detach().to(at::kDouble).clone().set_requires_grad(true);
  const auto batch = parts.tasks[task].batch(parts.problem.validation, chosen,
                                             state_->headOf(task, shaped(leaf, like)));
  auto leaves = state_->leaves;
  leaves.push_back(leaf);
  const auto value = parts.tasks[task].loss().evaluate(batch).value;
  const auto found = torch::autograd::grad({value}, leaves, {}, false, false, true);
  auto sums = state_->zeros();
  for (size_t i = 0; i < sums.size(); ++i)
    if (found[i].defined()) sums[i] += found[i].detach();
  return {state_->named(sums), found.back().detach()};
}

at::Tensor ParameterProbe::predictions(size_t task, const at::Tensor& rows) const {
  const at::NoGradGuard noGradients;
  return state_->decoded(task, state_->batchOf(task, rows));
}

at::Tensor ParameterProbe::predictions(size_t task, SplitName split) const {
  return train::predictions(state_->parts, task, splitOf(state_->parts.problem, split).inputs);
}

std::map<std::string, double> ParameterProbe::metrics(size_t task, SplitName split,
                                                      const at::Tensor& predictions) const {
  const at::NoGradGuard noGradients;
  const auto& parts = state_->parts;
  const auto& examples = splitOf(parts.problem, split);
  std::map<std::string, double> values;
  for (const auto& spec : parts.experiment.tasks.at(task).metrics) {
    // Neither an attack nor embeddings are known of predictions that were made elsewhere.
    const auto& descriptor = metric::catalog().descriptor(spec.id);
    if (metric::readsAttacked(descriptor) || metric::readsEmbeddings(descriptor)) continue;
    const auto metric = metric::catalog().create(spec.id, spec.params, "metrics." + spec.id);
    forEachChunk(
        examples,
        [&](const at::Tensor& inputs) {
          return std::vector{state_->headOf(task, state_->represented(task, inputs))};
        },
        [&](const at::Tensor& rows, const std::vector<model::HeadOutput>& outputs) {
          auto batch = parts.tasks[task].batch(examples, rows, outputs[0]);
          batch.prediction =
              predictions.index_select(0, rows.to(predictions.device())).to(parts.device);
          metric->add(parts.tasks[task].inOwnUnit(std::move(batch)));
        });
    if (const auto value = metric->value(); value.is_number())
      values[spec.id] = value.get<double>();
  }
  return values;
}

NamedTensors ParameterProbe::pulledBack(
    size_t task, const at::Tensor& rows,
    const std::function<at::Tensor(const at::Tensor&)>& slopes) const {
  const at::AutoGradMode graph(true);
  const auto predictions = state_->decoded(task, state_->batchOf(task, rows));
  const auto factors = slopes(predictions.detach()).to(predictions.options());
  auto gradients = state_->gradientsOf((predictions * factors).sum(), false);
  auto sums = state_->zeros();
  for (size_t i = 0; i < sums.size(); ++i)
    if (gradients[i].defined()) sums[i] += gradients[i].detach();
  return state_->named(sums);
}

}  // namespace eq::train
