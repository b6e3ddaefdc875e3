#include "core/metric/runs/continual.h"

#include <cmath>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

/// Accuracy of task j after training on task t, NaN where unknown; beside it one baseline a task.
struct History {
  HostRows accuracy;
  std::vector<double> baseline;

  std::int64_t tasks() const { return accuracy.count(); }
  double at(std::int64_t t, std::int64_t j) const { return accuracy.at(t, j); }
  double atEnd(std::int64_t j) const { return accuracy.at(tasks() - 1, j); }
};

/// Mean of `of(j)` for j from begin to end; NaN without any, or where one is unknown.
template <typename Function>
double meanOver(std::int64_t begin, std::int64_t end, Function of) {
  double sum = 0;
  for (std::int64_t j = begin; j < end; ++j) sum += of(j);
  return end > begin ? sum / static_cast<double>(end - begin) : kUndefined;
}

double continualAccuracy(const History& history) {
  return meanOver(0, history.tasks(), [&](std::int64_t j) { return history.atEnd(j); });
}

double backwardTransfer(const History& history) {
  return meanOver(0, history.tasks() - 1,
                  [&](std::int64_t j) { return history.atEnd(j) - history.at(j, j); });
}

double forgetting(const History& history) {
  return meanOver(0, history.tasks() - 1, [&](std::int64_t j) {
    double best = kUndefined;
    for (std::int64_t t = 0; t + 1 < history.tasks(); ++t) best = std::fmax(best, history.at(t, j));
    return best - history.atEnd(j);
  });
}

double forwardTransfer(const History& history) {
  return meanOver(1, history.tasks(), [&](std::int64_t j) {
    return history.at(j - 1, j) - history.baseline[static_cast<size_t>(j)];
  });
}

class ContinualMetric : public Metric {
 public:
  using Measure = double (*)(const History& history);
  ContinualMetric(std::string id, Measure measure, bool needsBaseline)
      : id_(std::move(id)), measure_(measure), needsBaseline_(needsBaseline) {}

  void check(const Batch& batch) const override {
    const auto& matrix = batch.prediction;
    loss::checkPresent(id_, "prediction", matrix);
    if (matrix.dim() != 2 || matrix.size(0) != matrix.size(1))
      fail("{}.prediction: expected accuracies [T, T], found {}", id_, loss::shapeText(matrix));
    loss::checkNumbers(id_, "prediction", matrix.masked_fill(matrix.isnan(), 0));
    if (!needsBaseline_) return;
    const auto baseline = batch.field("baseline");
    loss::checkShape(id_, "baseline", baseline, {matrix.size(0)}, "the tasks");
    loss::checkNumbers(id_, "baseline", baseline);
  }

  void add(const Batch& batch) override {
    matrix_ = batch.prediction.detach();
    baseline_ = batch.field("baseline");
  }

  nlohmann::json value() const override {
    if (!matrix_.defined()) return nullptr;
    History history{HostRows(matrix_), {}};
    if (needsBaseline_) {
      const HostRows row(baseline_.unsqueeze(0));
      history.baseline.assign(row.row(0), row.row(0) + row.width());
    }
    return orNull(measure_(history));
  }

 private:
  std::string id_;
  Measure measure_;
  bool needsBaseline_;
  at::Tensor matrix_, baseline_;  ///< one batch is the whole; a further one takes its place
};

CatalogRow<Metric> row(Descriptor descriptor, ContinualMetric::Measure measure,
                       bool needsBaseline = false) {
  descriptor.inputs = {
      {"prediction", "[T, T]", "accuracy on task j after training on task t; null = unknown"}};
  if (needsBaseline)
    descriptor.inputs.push_back({"baseline", "[T]", "accuracy before any training"});
  descriptor.traits["nullable"] = {"prediction"};
  descriptor.traits["undefined"] =
      "an accuracy that it reads is unknown, or there are too few tasks";
  descriptor.traits["examples"] = false;
  return {descriptor, [id = descriptor.id, measure, needsBaseline](const Parameters&) {
            return std::make_unique<ContinualMetric>(id, measure, needsBaseline);
          }};
}

constexpr const char* kLopezPaz =
    "Lopez-Paz and Ranzato, Gradient Episodic Memory for Continual Learning, NIPS 2017";

}  // namespace

CatalogRow<Metric> continualAccuracyRow() {
  return row(describe("continual_accuracy", "Accuracy after the last task",
                      "Mean accuracy on all tasks after training on the last.", "mean_j R[T][j]",
                      kLopezPaz, "max"),
             continualAccuracy);
}

CatalogRow<Metric> backwardTransferRow() {
  return row(describe("backward_transfer", "Backward transfer",
                      "Mean change of the earlier tasks' accuracy since each was learnt.",
                      "mean_{j<T} (R[T][j] − R[j][j])", kLopezPaz, "max"),
             backwardTransfer);
}

CatalogRow<Metric> forgettingRow() {
  return row(
      describe("forgetting", "Forgetting",
               "Mean drop of the earlier tasks' accuracy from the best it was before.",
               "mean_{j<T} (max_{t<T} R[t][j] − R[T][j])",
               "Chaudhry et al., Riemannian Walk for Incremental Learning, ECCV 2018", "min"),
      forgetting);
}

CatalogRow<Metric> forwardTransferRow() {
  return row(describe("forward_transfer", "Forward transfer",
                      "Mean gain on each later task before it is learnt, over an untrained model.",
                      "mean_{j>=2} (R[j − 1][j] − b_j)", kLopezPaz, "max"),
             forwardTransfer, true);
}

}  // namespace eq::metric
