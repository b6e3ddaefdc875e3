#include "core/metric/runs/multi_task.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/first_found.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/ordering.h"

namespace eq::metric {
namespace {

constexpr const char* kDirections = "higher_is_better";

/// 0/1 [metrics].
void checkDirections(const std::string& metric, const Batch& batch, std::int64_t metrics) {
  const auto directions = batch.field(kDirections);
  loss::checkShape(metric, kDirections, directions, {metrics}, "the metrics");
  const auto wrong = (directions != 0) & (directions != 1);
  if (wrong.any().item<bool>())
    fail("{}.{}: must be 0 or 1, found {}", metric, kDirections,
         loss::firstFound(directions, wrong));
}

class DeltaM : public Metric {
 public:
  explicit DeltaM(const Parameters&) {}

  void check(const Batch& batch) const override {
    loss::checkVector("delta_m", "prediction", batch.prediction);
    const auto baseline = batch.field("baseline");
    loss::checkShape("delta_m", "baseline", baseline, batch.prediction.sizes(), "prediction");
    loss::checkNumbers("delta_m", "baseline", baseline);
    if ((baseline == 0).any().item<bool>())
      fail("delta_m.baseline: must not be 0, as changes are relative to it; found 0");
    checkDirections("delta_m", batch, batch.prediction.size(0));
  }

  void add(const Batch& batch) override {
    kept_.add({batch.prediction, batch.field("baseline"), batch.field(kDirections)});
  }

  nlohmann::json value() const override {
    const auto rows = kept_.host();
    if (rows.count() == 0) return nullptr;
    double sum = 0;
    for (std::int64_t k = 0; k < rows.count(); ++k) {
      const double change = (rows.at(k, 0) - rows.at(k, 1)) / rows.at(k, 1);
      sum += rows.at(k, 2) != 0 ? -change : change;
    }
    return orNull(100 * sum / static_cast<double>(rows.count()));
  }

 private:
  KeptRows kept_;  ///< a row a metric: value, baseline, direction
};

class MeanRank : public Metric {
 public:
  explicit MeanRank(const Parameters&) {}

  void check(const Batch& batch) const override {
    loss::checkNumbers("mean_rank", "prediction", batch.prediction);
    if (batch.prediction.dim() != 2)
      fail("mean_rank.prediction: expected [methods, metrics], found {}",
           loss::shapeText(batch.prediction));
    checkDirections("mean_rank", batch, batch.prediction.size(1));
  }

  void add(const Batch& batch) override {
    const auto sign = (batch.field(kDirections) != 0).to(at::kDouble) * -2 + 1;
    kept_.add({batch.prediction * sign});
  }

  nlohmann::json value() const override {
    const auto rows = kept_.host();
    if (rows.count() == 0 || rows.hasNan()) return nullptr;
    std::vector<double> means(static_cast<size_t>(rows.count()));
    for (std::int64_t metric = 0; metric < rows.width(); ++metric) {
      std::vector<double> values;
      for (std::int64_t i = 0; i < rows.count(); ++i) values.push_back(rows.at(i, metric));
      const auto ranks = averageRanks(values);
      for (size_t i = 0; i < means.size(); ++i) means[i] += ranks[i];
    }
    for (auto& mean : means) mean /= static_cast<double>(rows.width());
    return means;
  }

 private:
  KeptRows kept_;  ///< a row a method, values turned so that lower is better
};

}  // namespace

CatalogRow<Metric> deltaMRow() {
  auto descriptor = describe(
      "delta_m", "Relative drop over tasks",
      "Mean relative change against single-task baselines, turned so that negative is better than "
      "the baseline.",
      "Δm = 100 · mean_k (−1)^{s_k} (M_k − B_k) / B_k, s_k = 1 where higher is better",
      "Maninis et al., Attentive Single-Tasking of Multiple Tasks, CVPR 2019; sign as in Liu et "
      "al., FAMO, NeurIPS 2023",
      "min", "%");
  descriptor.inputs = {{"prediction", "[K]", "value of each metric"},
                       {"baseline", "[K]", "its value by single-task training, not 0"},
                       {kDirections, "[K]", "1 where higher is better, else 0"}};
  descriptor.traits["examples"] = false;
  return rowOf<DeltaM>(descriptor);
}

CatalogRow<Metric> meanRankRow() {
  auto descriptor = describe(
      "mean_rank", "Mean rank",
      "Rank of each method by each metric, 1 the best, ties sharing their mean, averaged over the "
      "metrics; one number a method.",
      "MR_i = mean_k rank of method i by metric k",
      "Navon et al., Multi-Task Learning as a Bargaining Game, ICML 2022", "min");
  descriptor.inputs = {{"prediction", "[methods, metrics]", "values"},
                       {kDirections, "[metrics]", "1 where higher is better, else 0"}};
  descriptor.traits["examples"] = false;
  return rowOf<MeanRank>(descriptor);
}

}  // namespace eq::metric
