#include "core/train/task_runtime.h"

#include <algorithm>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/custom/scripts.h"
#include "core/loss/nesting.h"
#include "core/metric/catalog.h"
#include "core/model/script/scripts.h"

namespace eq::train {
namespace {

constexpr std::int64_t kIgnored = -100;

MethodSpec usualLoss(TaskKind kind) {
  switch (kind) {
    case TaskKind::classification:
    case TaskKind::ordinal:
      return {"cross_entropy"};
    case TaskKind::binary:
    case TaskKind::multilabel:
      return {"binary_cross_entropy"};
    case TaskKind::segmentation:
      return {"cross_entropy"};
    case TaskKind::regression:
      return {"mse"};
    case TaskKind::objective:
      return {"given"};
  }
  return {};
}

std::vector<MethodSpec> usualMetrics(TaskKind kind) {
  switch (kind) {
    case TaskKind::classification:
    case TaskKind::ordinal:
      return {{"accuracy"}, {"ece"}};
    case TaskKind::binary:
    case TaskKind::multilabel:
      return {{"accuracy"}, {"f1"}};
    case TaskKind::segmentation:
      return {{"pixel_accuracy"}, {"miou"}};
    case TaskKind::regression:
      return {{"mae"}, {"r2"}};
    case TaskKind::objective:
      return {};
  }
  return {};
}

/// One byte an example: does it have any valid target? Empty when all have.
std::vector<char> validExamples(const data::Split& split, size_t task) {
  const auto& target = split.targets.at(task);
  const auto& mask = split.masks.empty() ? at::Tensor() : split.masks.at(task);
  at::Tensor valid;
  if (mask.defined())
    valid = (mask.reshape({mask.size(0), -1}) != 0).any(1);
  else if (target.defined() && !target.is_floating_point())
    valid = (target.reshape({target.size(0), -1}) != kIgnored).any(1);
  if (!valid.defined()) return {};
  valid = valid.to(at::kCPU, at::kChar).contiguous();
  const auto* begin = valid.const_data_ptr<int8_t>();
  std::vector<char> flags(begin, begin + valid.numel());
  if (std::all_of(flags.begin(), flags.end(), [](char flag) { return flag != 0; })) flags.clear();
  return flags;
}

bool hasMask(const data::Split& split, size_t task) {
  return !split.masks.empty() && split.masks.at(task).defined();
}

bool hasIgnored(const data::Split& split, size_t task) {
  const auto& target = split.targets.at(task);
  return target.defined() && !target.is_floating_point() && (target == kIgnored).any().item<bool>();
}

template <typename Has>
bool inAnySplit(const data::Problem& problem, size_t task, Has has) {
  return has(problem.train, task) || has(problem.validation, task) || has(problem.test, task);
}

size_t taskIndex(const data::Problem& problem, const std::string& name, const std::string& place) {
  std::vector<std::string> names;
  for (size_t i = 0; i < problem.tasks.size(); ++i) {
    if (problem.tasks[i].name == name) return i;
    names.push_back(problem.tasks[i].name);
  }
  fail("{}.name: the data has no task \"{}\"; it has {}", place, name, fmt::join(names, ", "));
}

std::string placeOf(size_t task) {
  return fmt::format("tasks[{}]", task);
}

void checkMetrics(const TaskSpec& spec, TaskKind kind, const std::string& place) {
  for (size_t i = 0; i < spec.metrics.size(); ++i) {
    const auto& descriptor = metric::catalog().descriptor(spec.metrics[i].id);
    if (!descriptor.accepts(kind))
      fail("{}.metrics[{}].id: {} does not fit the task {}, which is {}", place, i, descriptor.id,
           spec.name, toText(kind));
    for (size_t j = 0; j < i; ++j)
      if (spec.metrics[j].id == descriptor.id)
        fail(
            "{}.metrics[{}].id: \"{}\" stands at metrics[{}] already; a task has each metric once, "
            "so leave one of them out",
            place, i, descriptor.id, j);
  }
}

}  // namespace

TaskRuntime::TaskRuntime(const TaskSpec& spec, const data::Problem& problem, size_t index,
                         const std::string& place, const std::filesystem::path& folder, bool trains)
    : info_(problem.tasks.at(index)),
      index_(index),
      folder_(folder),
      masked_(inAnySplit(problem, index, hasMask)),
      ignored_(inAnySplit(problem, index, hasIgnored)),
      valid_(validExamples(problem.train, index)) {
  takeLoss(spec.loss, place);
  if (trains) requireData(spec.loss, place);
}

void TaskRuntime::setLoss(const MethodSpec& spec, const std::string& place) {
  auto changed = *this;
  changed.takeLoss(spec, place);
  changed.requireData(spec, place);
  *this = std::move(changed);
}

void TaskRuntime::takeLoss(const MethodSpec& spec, const std::string& place) {
  const auto params = loss::scripts().placed(spec.id, spec.params, folder_, place + ".loss");
  loss_ = loss::catalog().create(spec.id, params, place + ".loss");
  if (!loss::acceptsKind(spec.id, spec.params, info_.kind))
    fail("{}.loss.id: {} does not fit the task {}, which is {}", place, spec.id, info_.name,
         toText(info_.kind));
  readouts_ = loss_->readouts(info_);
  terms_ = loss_->terms();
  addsUp_ = loss::addsUp(spec.id, spec.params);
  comparesExamples_ = loss::comparesExamples(spec.id, spec.params);
}

void TaskRuntime::requireData(const MethodSpec& spec, const std::string& place) const {
  const auto reason = loss::whyNotInRuns(spec.id, spec.params, info_.fields);
  if (!reason.empty()) fail("{}.loss.id: {}", place, reason);
  const auto demand = [&](bool missing, loss::Missing how, const char* remedy) {
    if (missing && !loss::leavesOut(how, spec.id, spec.params))
      fail("{}.loss.id: {} cannot leave out the missing targets of the task {}; choose a loss {}",
           place, spec.id, info_.name, remedy);
  };
  demand(masked_, loss::Missing::masked, "that reads a mask");
  demand(ignored_, loss::Missing::ignored, "with the parameter ignore_index");
}

loss::Batch TaskRuntime::batch(const data::Split& split, const at::Tensor& rows,
                               const model::HeadOutput& output) const {
  const auto chosen = [&](const at::Tensor& whole) {
    return rows.defined() ? whole.index_select(0, rows) : whole;
  };
  loss::Batch batch;
  batch.prediction = output.prediction;
  batch.fields = output.fields;
  batch.task = &info_;
  if (split.targets.at(index_).defined()) batch.target = chosen(split.targets[index_]);
  if (!split.masks.empty() && split.masks[index_].defined())
    batch.fields["mask"] = chosen(split.masks[index_]);
  if (!split.fields.empty())
    for (const auto& [name, values] : split.fields[index_]) batch.fields[name] = chosen(values);
  return loss::widened(std::move(batch));
}

std::vector<loss::Batch> TaskRuntime::batches(const data::Split& split, const at::Tensor& rows,
                                              const model::HeadOutput& output) const {
  std::vector<loss::Batch> places;
  for (const auto& one : output.earlier) places.push_back(batch(split, rows, one));
  places.push_back(batch(split, rows, output));
  return places;
}

loss::Value TaskRuntime::lossAt(const std::vector<loss::Batch>& places, bool perSample) const {
  auto mean = loss_->evaluate(places.back(), perSample);
  if (places.size() == 1) return mean;
  const auto add = [](at::Tensor& sum, const at::Tensor& further) {
    sum = sum.defined() && further.defined() ? sum + further : at::Tensor();
  };
  for (size_t i = 0; i + 1 < places.size(); ++i) {
    const auto one = loss_->evaluate(places[i], perSample);
    add(mean.value, one.value);
    add(mean.perSample, one.perSample);
    for (size_t j = 0; j < mean.terms.size(); ++j) add(mean.terms[j], one.terms[j]);
  }
  const auto count = static_cast<double>(places.size());
  mean.value = mean.value / count;
  if (mean.perSample.defined()) mean.perSample = mean.perSample / count;
  for (auto& term : mean.terms) term = term / count;
  return mean;
}

bool TaskRuntime::readsViews() const {
  return std::any_of(readouts_.begin(), readouts_.end(),
                     [](const Readout& readout) { return readout.views.any(); });
}

loss::Batch TaskRuntime::inOwnUnit(loss::Batch decoded) const {
  if ((info_.scale == 1 && info_.offset == 0) || !decoded.prediction.defined()) return decoded;
  decoded.prediction = decoded.prediction.to(at::kDouble) * info_.scale + info_.offset;
  decoded.target = decoded.target.to(at::kDouble) * info_.scale + info_.offset;
  return decoded;
}

bool TaskRuntime::hasTarget(const std::vector<std::int64_t>& trainingRows) const {
  if (valid_.empty()) return true;
  const auto valid = std::count_if(trainingRows.begin(), trainingRows.end(), [&](std::int64_t row) {
    return valid_[static_cast<size_t>(row)] != 0;
  });
  return valid >= (comparesExamples_ ? 2 : 1);
}

std::int64_t TaskRuntime::trainingTargets(std::int64_t examples) const {
  if (valid_.empty()) return examples;
  return std::count_if(valid_.begin(), valid_.end(), [](char flag) { return flag != 0; });
}

Experiment resolved(Experiment experiment, const data::Problem& problem) {
  if (experiment.tasks.empty()) {
    for (const auto& info : problem.tasks) {
      TaskSpec spec;
      spec.name = info.name;
      experiment.tasks.push_back(spec);
    }
  }
  auto& [id, params] = experiment.model;
  params = model::scripts().pinned(id, params, experiment.folder, "model");
  for (size_t k = 0; k < experiment.tasks.size(); ++k) {
    auto& spec = experiment.tasks[k];
    const TaskKind kind = problem.tasks[taskIndex(problem, spec.name, placeOf(k))].kind;
    if (spec.loss.id.empty()) spec.loss = usualLoss(kind);
    spec.loss.params = loss::scripts().pinned(spec.loss.id, spec.loss.params, experiment.folder,
                                              placeOf(k) + ".loss");
    if (spec.metrics.empty()) spec.metrics = usualMetrics(kind);
    checkMetrics(spec, kind, placeOf(k));
  }
  return experiment;
}

std::vector<TaskRuntime> makeTasks(const Experiment& experiment, const data::Problem& problem,
                                   bool trains) {
  std::vector<TaskRuntime> tasks;
  for (size_t k = 0; k < experiment.tasks.size(); ++k) {
    const auto& spec = experiment.tasks[k];
    tasks.emplace_back(spec, problem, taskIndex(problem, spec.name, placeOf(k)), placeOf(k),
                       experiment.folder, trains);
  }
  return tasks;
}

}  // namespace eq::train
