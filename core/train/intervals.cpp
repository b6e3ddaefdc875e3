#include "core/train/intervals.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>

#include "core/metric/bootstrap.h"
#include "core/metric/catalog.h"

namespace eq::train {
namespace {

using TaskIntervals = std::map<std::string, metric::Interval>;

/// A loss counts as a mean over examples when its value is that mean up to rounding.
constexpr double kRounding = 1e-5;

/// The mean of the predictions whose mask is not 0.
class MeanOfNumbers : public metric::Metric {
 public:
  void check(const loss::Batch&) const override {}
  void add(const loss::Batch& batch) override {
    const auto counts = batch.field("mask").to(at::kDouble);
    sum_ = (batch.prediction.to(at::kDouble) * counts).sum().item<double>();
    count_ = counts.sum().item<double>();
  }
  nlohmann::json value() const override {
    return count_ > 0 ? nlohmann::json(sum_ / count_) : nlohmann::json();
  }

 private:
  double sum_ = 0, count_ = 0;
};

/// What one task's intervals are made of, in the order of the split's examples.
class BootstrapRows {
 public:
  /// \param most numbers that are kept.
  explicit BootstrapRows(std::int64_t most) : most_(most) {}

  /// \param places at each place that the head reads.
  void add(const TaskRuntime& task, const std::vector<loss::Batch>& places) {
    keep(task.loss().decode(places.back()));
    const auto value = task.lossAt(places, true);
    isMean_ = isMean_ && value.perSample.defined();
    if (!isMean_) return;
    losses_.push_back(value.perSample);
    counted_.push_back(value.valid.defined() ? value.valid : at::ones_like(value.perSample));
    const auto mean = value.perSample.sum() / counted_.back().sum();
    const double difference = (mean - value.value).abs().item<double>();
    isMean_ = !(difference > kRounding * (1 + value.value.abs().item<double>()));
  }

  /// The predictions as metrics read them; undefined without such a form, or of too many numbers.
  at::Tensor predictions() const { return decoded_.empty() ? at::Tensor() : at::cat(decoded_); }

  /// The losses of the examples as predictions, undefined where the loss is no mean of them.
  loss::Batch losses() const {
    loss::Batch batch;
    if (!isMean_ || losses_.empty()) return batch;
    batch.prediction = at::cat(losses_);
    batch.fields["mask"] = at::cat(counted_);
    return batch;
  }

 private:
  void keep(const at::Tensor& decoded) {
    numbers_ += decoded.defined() ? decoded.numel() : most_ + 1;
    if (numbers_ <= most_)
      decoded_.push_back(decoded);
    else
      decoded_.clear();
  }

  std::vector<at::Tensor> decoded_, losses_, counted_;
  std::int64_t most_;
  std::int64_t numbers_ = 0;
  bool isMean_ = true;
};

/// Intervals of these metrics; none where there are less than two examples.
void addIntervals(const std::vector<std::string>& ids,
                  const std::vector<metric::MakeMetric>& metrics, const loss::Batch& batch,
                  std::uint64_t seed, TaskIntervals& intervals) {
  if (!batch.prediction.defined() || metric::countExamples(batch) < 2) return;
  const auto found = metric::bootstrap(metrics, batch, {kIntervalResamples, 0.95, seed});
  for (size_t m = 0; m < found.size(); ++m)
    if (found[m].resamples > 0) intervals[ids[m]] = found[m];
}

void addMetrics(const TaskSpec& spec, const loss::Batch& batch, std::uint64_t seed,
                TaskIntervals& intervals) {
  std::vector<std::string> ids;
  std::vector<metric::MakeMetric> metrics;
  for (const auto& method : spec.metrics) {
    const auto& row = metric::catalog().row(method.id);
    if (!metric::whyNoBootstrap(row.descriptor, batch).empty()) continue;
    if (metric::readsAttacked(row.descriptor)) continue;  // these predictions are not attacked
    const Parameters parameters(row.descriptor.parameters, method.params, "metrics." + method.id);
    ids.push_back(method.id);
    metrics.push_back([&row, parameters] { return row.create(parameters); });
  }
  addIntervals(ids, metrics, batch, seed, intervals);
}

}  // namespace

std::map<size_t, TaskIntervals> taskIntervals(const data::Split& split,
                                              const std::vector<TaskRuntime>& tasks,
                                              const std::vector<TaskSpec>& specs,
                                              const Predict& predict, std::uint64_t seed) {
  const at::NoGradGuard noGradients;
  const auto part = kMostBootstrappedInAll / std::max<std::int64_t>(1, std::ssize(tasks));
  std::vector<BootstrapRows> rows(tasks.size(), BootstrapRows(std::min(kMostBootstrapped, part)));
  forEachChunk(split, predict, [&](const at::Tensor& chunk, const auto& outputs) {
    for (size_t k = 0; k < tasks.size(); ++k)
      rows[k].add(tasks[k], tasks[k].batches(split, chunk, outputs[k]));
  });
  std::map<size_t, TaskIntervals> all;
  for (size_t k = 0; k < tasks.size(); ++k) {
    TaskIntervals intervals;
    addIntervals({"loss"}, {[] { return std::make_unique<MeanOfNumbers>(); }}, rows[k].losses(),
                 seed, intervals);
    if (const auto predictions = rows[k].predictions(); predictions.defined())
      addMetrics(specs[k], tasks[k].inOwnUnit(tasks[k].batch(split, {}, {predictions, {}})), seed,
                 intervals);
    if (!intervals.empty()) all[k] = std::move(intervals);
  }
  return all;
}

}  // namespace eq::train
