#include "core/run/merging/tinting.h"

#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/merge/catalog.h"
#include "core/run/merging/class_logits.h"
#include "core/run/merging/coefficient_learner.h"
#include "core/run/merging/number_nest.h"
#include "core/run/merging/tensor_adam.h"
#include "core/train/sampler.h"

namespace eq::run {
namespace {

using nlohmann::json;

/// Gradients in the logits of the classes as those in the predictions.
at::Tensor inPredictions(const at::Tensor& slopes, const at::Tensor& predictions) {
  return predictions.dim() == 1 ? slopes.select(1, 1) : slopes;
}

/// A task that takes part, with what its expert says.
struct Student {
  size_t task;
  at::Tensor teaching;  ///< the expert's predictions of all validation examples
  train::Sampler sampler;
  TensorAdam adam;  ///< of its head
};

class Tinting {
 public:
  Tinting(const RunMerger& merger, const MergeTable& table)
      : merger_(merger),
        table_(table),
        params_(merge::catalog().descriptor("tinting").parameters, merger.params(), "tinting"),
        probe_(probeOf(table, merger.parametersWith(merger.question().base))),
        parameters_(merger.parametersWith(merger.question().base)),
        adam_(params_.number("lr")) {
    const auto& heads = merger.plan().heads;
    for (size_t t = 0; t < heads.size(); ++t)
      if (heads[t] && hasClasses(probe_->tasks()[t].kind)) students_.push_back(studentOf(t));
    if (students_.empty())
      fail("tinting: no run trains a task with classes, whose labels it tints by");
    json named = json::object();
    for (const auto& place : merger.question().places) named[place.name] = params_.number("init");
    coefficients_ = std::vector<json>(merger.question().count(), named);
  }

  Tinted go() {
    const auto steps = params_.integer("steps");
    for (auto step = begin(); step <= steps; ++step) {
      tellStep(table_.progress, table_.memory, {"step", step, steps}, [&] { return state(step); });
      RandomStream order(
          deriveSeed(merger_.seed(), "tinting order", static_cast<std::uint64_t>(step)));
      for (const auto i : order.permutation(std::ssize(students_)))
        teach(students_[static_cast<size_t>(i)]);
    }
    return {coefficients_, heads()};
  }

 private:
  ParameterMap heads() const {
    ParameterMap found;
    for (const auto& [name, tensor] : parameters_)
      if (taskOfHead(name, merger_.plan().experiment)) found.emplace(name, tensor);
    return found;
  }

  /// Before a step.
  train::Snapshot state(std::int64_t step) const {
    train::Snapshot state{{}, {{"step", step}, {"coefficients", coefficients_}}};
    addTensors(heads(), "head.", state);
    adam_.keepIn(state, "adam");
    for (const auto& student : students_) {
      student.adam.keepIn(state, fmt::format("adam.{}", student.task));
      state.meta[fmt::format("sampler.{}", student.task)] = student.sampler.state();
    }
    return state;
  }

  /// Where a merge that was stopped was, or at the beginning. \returns the first step.
  std::int64_t begin() {
    const auto kept = keptBy(table_.memory);
    if (!kept) return 1;
    coefficients_ = kept->meta.at("coefficients");
    for (const auto& [name, tensor] : tensorsOf(*kept, "head.")) parameters_.at(name) = tensor;
    adam_.restore(*kept, "adam");
    for (auto& student : students_) {
      student.adam.restore(*kept, fmt::format("adam.{}", student.task));
      student.sampler.restore(kept->meta.at(fmt::format("sampler.{}", student.task)));
    }
    return kept->meta.at("step").get<std::int64_t>();
  }

  Student studentOf(size_t task) const {
    const auto& expert = table_.experts[*merger_.plan().heads[task]];
    table_.progress({"what " + expert.given + " predicts"});
    std::vector<std::int64_t> all(static_cast<size_t>(probe_->examples()));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return {task, probeOf(table_, expert, *probe_)->predictions(task, at::tensor(all, at::kLong)),
            train::Sampler(probe_->examples(), params_.integer("batch_size"),
                           deriveSeed(merger_.seed(), "merge batches", task), at::kCPU),
            TensorAdam(params_.number("lr"))};
  }

  merge::Merged mergedWith(const json& fields) const {
    const auto method = merge::createMerge(
        "adamerging", {{"init", params_.number("init")}, {"clamp", params_.boolean("clamp")}});
    return dynamic_cast<const merge::TensorMerge&>(*method).mergedOf(merger_.question(), fields, 0);
  }

  /// One update of the coefficients and of the task's head.
  void teach(Student& student) {
    json fields{{"coefficients", coefficients_}};
    auto parameters = merger_.parametersWith(mergedWith(fields).theta);
    for (auto& [name, tensor] : parameters)
      if (taskOfHead(name, merger_.plan().experiment)) tensor = parameters_.at(name);
    probe_->set(parameters);
    const auto rows = student.sampler.indices();
    student.sampler.advance();
    const auto found = probe_->pulledBack(student.task, rows, [&](const at::Tensor& predictions) {
      return slopes(predictions,
                    student.teaching.index_select(0, rows.to(student.teaching.device())));
    });
    fields["gradients"] = asField(found, merger_.question());
    stepCoefficients(mergedWith(fields).fields.at("coefficient_gradients"));
    stepHead(student, found);
  }

  /// By the calculation.
  at::Tensor slopes(const at::Tensor& predictions, const at::Tensor& teaching) const {
    json params{{"plus", params_.boolean("plus")}, {"labels", params_.text("labels")}};
    const auto answer = merge::createMerge("tinting", params)
                            ->compute({{"merged_logits", {matrixAsJson(classLogits(predictions))}},
                                       {"expert_logits", {matrixAsJson(classLogits(teaching))}}},
                                      0);
    return inPredictions(matrixFrom(answer.at("gradients")[0]), predictions)
        .to(predictions.device());
  }

  void stepCoefficients(const json& gradients) {
    std::vector<at::Tensor> values{at::tensor(numbersOf(coefficients_), at::kDouble)};
    adam_.step(values, {at::tensor(numbersOf(gradients), at::kDouble)});
    if (params_.boolean("clamp")) values[0] = values[0].clamp(0, 1);
    const auto* first = values[0].const_data_ptr<double>();
    coefficients_ = nestOf(std::vector<double>(first, first + values[0].numel()), coefficients_);
  }

  void stepHead(Student& student, const train::NamedTensors& gradients) {
    std::vector<std::string> names;
    std::vector<at::Tensor> values, slopes;
    for (const auto& [name, gradient] : gradients) {
      if (taskOfHead(name, merger_.plan().experiment) != student.task) continue;
      names.push_back(name);
      values.push_back(parameters_.at(name));
      slopes.push_back(gradient);
    }
    student.adam.step(values, slopes);
    for (size_t i = 0; i < names.size(); ++i) parameters_.at(names[i]) = values[i];
  }

  const RunMerger& merger_;
  const MergeTable& table_;
  Parameters params_;
  std::unique_ptr<train::ParameterProbe> probe_;
  ParameterMap parameters_;  ///< of the merged model; of which the heads are trained
  TensorAdam adam_;          ///< of the coefficients
  json coefficients_;
  std::vector<Student> students_;
};

}  // namespace

void addCoefficients(const json& coefficients, MergedModel& merged) {
  for (size_t k = 0; k < coefficients.size(); ++k)
    for (const auto& [name, value] : coefficients[k].items())
      merged.extras[fmt::format("tinting.{}.{}", k, name)] =
          at::tensor({value.get<double>()}, at::kDouble);
}

Tinted tinted(const RunMerger& merger, const MergeTable& table) {
  return Tinting(merger, table).go();
}

}  // namespace eq::run
