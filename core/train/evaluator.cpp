#include "core/train/evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>

#include "core/metric/catalog.h"
#include "core/metric/classes/class_totals.h"
#include "core/metric/metric.h"
#include "core/metric/metric_support.h"
#include "core/metric/ranking/embedding_ranks.h"
#include "core/train/split_mean.h"
#include "core/train/training_fields.h"

namespace eq::train {
namespace {

constexpr std::int64_t kChunk = 1024;                     // examples
constexpr std::int64_t kNumbers = std::int64_t{1} << 24;  // of their inputs at most
constexpr std::int64_t kIgnored = -100;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// Which examples of the batch count, bool [N].
at::Tensor validRows(const loss::Batch& batch) {
  return countedEntries(batch) > 0;
}

/// Their number, as a scalar on the device.
at::Tensor validCount(const loss::Batch& batch) {
  return validRows(batch).sum().to(at::kDouble);
}

/// The number of those whose prediction is not finite, likewise.
at::Tensor nonfiniteRows(const loss::Batch& batch) {
  const auto rows = batch.prediction.size(0);
  const auto wrong = batch.prediction.isfinite().logical_not().reshape({rows, -1}).any(1);
  return (wrong & validRows(batch)).sum().to(at::kDouble);
}

double numberOf(const at::Tensor& total) {
  return total.defined() ? total.item<double>() : 0;
}

/// What one metric asks of an attack.
using AskAttack = std::function<at::Tensor(const metric::Attack& attack)>;

class TaskTotals {
 public:
  TaskTotals(const TaskRuntime& task, const TaskSpec& spec, TrainingFields training)
      : task_(task), training_(std::move(training)) {
    if (hasClasses(task.info().kind)) classes_.emplace();
    for (const auto& method : spec.metrics) {
      const auto place = "metrics." + method.id;
      metrics_[method.id] = metric::catalog().create(method.id, method.params, place);
      const auto& descriptor = metric::catalog().descriptor(method.id);
      if (metric::readsAttacked(descriptor))
        attacks_[method.id] =
            metric::attackFrom(Parameters(descriptor.parameters, method.params, place), place);
    }
  }

  /// \param places at each place that the head reads; metrics read the last.
  void add(const std::vector<loss::Batch>& places, const AskAttack& ask) {
    const auto& batch = places.back();
    addLoss(task_.lossAt(places, true), countedEntries(batch));
    metric::addTo(count_, validCount(batch));
    metric::addTo(nonfinite_, nonfiniteRows(batch));
    auto decoded = batch;
    decoded.prediction = task_.loss().decode(batch);
    decoded = task_.inOwnUnit(std::move(decoded));
    auto embeddings = embedded(batch);
    embeddings.fields.insert(training_.begin(), training_.end());
    for (auto& [id, metric] : metrics_) {
      if (metric::readsEmbeddings(metric::catalog().descriptor(id)))
        metric->add(embeddings);
      else if (attacks_.contains(id))
        addAttacked(*metric, decoded, attacks_.at(id), ask);
      else if (decoded.prediction.defined())
        metric->add(decoded);
    }
    if (classes_ && decoded.prediction.defined()) classes_->add(decoded);
  }

  TaskEvaluation evaluation() const {
    TaskEvaluation evaluation{values(), std::nullopt};
    if (classes_ && !classes_->empty()) evaluation.report = classes_->report();
    return evaluation;
  }

 private:
  void addLoss(const loss::Value& found, const at::Tensor& counted) {
    const auto& addsUp = task_.addsUp();
    means_.resize(addsUp.size());
    for (size_t i = 0; i < addsUp.size(); ++i) {
      // Of a term its examples are not known apart.
      auto part = addsUp.size() == 1 ? found : loss::Value{found.terms.at(i), {}};
      if (addsUp[i])
        metric::addTo(sum_, part.value.to(at::kDouble));
      else
        means_[i].add(part, counted);
    }
  }

  static void addAttacked(metric::Metric& metric, loss::Batch batch, const metric::Attack& attack,
                          const AskAttack& ask) {
    if (!ask || !batch.prediction.defined()) return;
    batch.prediction = ask(attack);
    metric.add(batch);
  }

  double lossOfSplit() const {
    if (!(numberOf(count_) > 0)) return kUndefined;
    double all = numberOf(sum_);
    for (size_t i = 0; i < means_.size(); ++i)
      if (!task_.addsUp()[i]) all += means_[i].value();
    return all;
  }

  std::map<std::string, double> values() const {
    std::map<std::string, double> values;
    values["loss"] = lossOfSplit();
    if (const double rows = numberOf(nonfinite_); rows > 0) values[kNonfiniteRows] = rows;
    for (const auto& [id, metric] : metrics_) {
      const auto value = metric->value();
      values[id] = value.is_number() ? value.get<double>() : kUndefined;
    }
    return values;
  }

  const TaskRuntime& task_;
  TrainingFields training_;
  std::map<std::string, std::unique_ptr<metric::Metric>> metrics_;
  std::map<std::string, metric::Attack> attacks_;  ///< of metrics of attacked examples
  std::optional<metric::ClassTotals> classes_;
  at::Tensor sum_;                ///< of what adds up
  std::vector<SplitMean> means_;  ///< of what averages, a term
  at::Tensor count_;              ///< examples
  at::Tensor nonfinite_;          ///< examples that count and are predicted as no finite number
};

}  // namespace

at::Tensor countedEntries(const loss::Batch& batch) {
  const auto mask = batch.field("mask");
  if (mask.defined()) return (mask.reshape({mask.size(0), -1}) != 0).sum(1);
  if (batch.target.defined() && !batch.target.is_floating_point())
    return (batch.target.reshape({batch.target.size(0), -1}) != kIgnored).sum(1);
  return at::ones({batch.prediction.size(0)}, batch.prediction.options().dtype(at::kLong));
}

void forEachChunk(const data::Split& split, const Predict& predict,
                  const std::function<void(const at::Tensor& rows,
                                           const std::vector<model::HeadOutput>& outputs)>& visit) {
  const at::NoGradGuard noGradients;
  if (split.size() == 0) return;
  // Decoders hold many maps of an image's size at a time.
  // An analytic problem has no inputs.
  const auto numbers = std::max<std::int64_t>(split.inputs[0].numel(), 1);
  const auto chunk = std::clamp<std::int64_t>(kNumbers / numbers, 2, kChunk);
  for (std::int64_t begin = 0, end = 0; begin < split.size(); begin = end) {
    end = std::min(begin + chunk, split.size());
    // A loss over pairs or over the batch says nothing of one example alone.
    if (end + 1 == split.size()) ++end;
    const auto rows =
        at::arange(begin, end, at::TensorOptions().dtype(at::kLong).device(split.inputs.device()));
    visit(rows, predict(split.inputs.narrow(0, begin, end - begin)));
  }
}

std::vector<TaskEvaluation> evaluateTasks(const data::Split& split,
                                          const std::vector<TaskRuntime>& tasks,
                                          const std::vector<TaskSpec>& specs,
                                          const Predict& predict, const Beside& beside) {
  auto fields = beside.training ? trainingFields(*beside.training, tasks, specs, predict)
                                : std::vector<TrainingFields>(tasks.size());
  std::vector<TaskTotals> totals;
  for (size_t k = 0; k < tasks.size(); ++k)
    totals.emplace_back(tasks[k], specs[k], std::move(fields[k]));
  std::int64_t first = 0;
  forEachChunk(split, predict, [&](const at::Tensor& rows, const auto& outputs) {
    for (size_t k = 0; k < tasks.size(); ++k) {
      const auto places = tasks[k].batches(split, rows, outputs[k]);
      const auto attack = [&](const metric::Attack& one) {
        return beside.underAttack(k, split.inputs.narrow(0, first, rows.size(0)),
                                  places.back().target, one, first);
      };
      totals[k].add(places, beside.underAttack ? AskAttack(attack) : AskAttack());
    }
    first += rows.size(0);
  });
  std::vector<TaskEvaluation> evaluations;
  for (const auto& total : totals) evaluations.push_back(total.evaluation());
  return evaluations;
}

}  // namespace eq::train
