#include "core/metric/ranking/ranks.h"

#include <cmath>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/ordering.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

/// \param ddof what the divisor is less than the count.
double variance(const std::vector<double>& values, double ddof) {
  const auto count = static_cast<double>(values.size());
  if (count <= ddof) return kUndefined;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / (count - ddof);
}

std::vector<double> rowOfNumbers(const HostRows& rows, std::int64_t row) {
  return {rows.row(row), rows.row(row) + rows.width()};
}

class MeanRankVariance : public Metric {
 public:
  explicit MeanRankVariance(const Parameters& parameters)
      : deviation_(parameters.text("form") == "std") {}

  void check(const Batch& batch) const override {
    loss::checkNumbers("mean_rank_variance", "prediction", batch.prediction);
    if (batch.prediction.dim() != 2)
      fail("mean_rank_variance.prediction: expected ranks [N, K], found {}",
           loss::shapeText(batch.prediction));
  }

  void add(const Batch& batch) override { ranks_.add({batch.prediction}); }

  nlohmann::json value() const override {
    const auto rows = ranks_.host();
    if (rows.count() == 0) return nullptr;
    double sum = 0;
    for (std::int64_t i = 0; i < rows.count(); ++i) {
      const double spread = variance(rowOfNumbers(rows, i), 0);
      sum += deviation_ ? std::sqrt(spread) : spread;
    }
    return orNull(sum / static_cast<double>(rows.count()));
  }

 private:
  bool deviation_;
  KeptRows ranks_;
};

class SeedStd : public Metric {
 public:
  explicit SeedStd(const Parameters&) {}

  void check(const Batch& batch) const override {
    loss::checkVector("seed_std", "prediction", batch.prediction);
  }

  void add(const Batch& batch) override { scores_.add({batch.prediction}); }

  nlohmann::json value() const override {
    const auto rows = scores_.host();
    std::vector<double> scores;
    for (std::int64_t i = 0; i < rows.count(); ++i) scores.push_back(rows.at(i, 0));
    return orNull(std::sqrt(variance(scores, 1)));
  }

 private:
  KeptRows scores_;
};

class Monotonicity : public Metric {
 public:
  explicit Monotonicity(const Parameters&) {}

  void check(const Batch& batch) const override {
    loss::checkNumbers("monotonicity", "prediction", batch.prediction);
    if (batch.prediction.dim() < 1 || batch.prediction.dim() > 2)
      fail("monotonicity.prediction: expected scores [T] or [S, T], found {}",
           loss::shapeText(batch.prediction));
  }

  void add(const Batch& batch) override {
    const auto& scores = batch.prediction;
    seeds_.add({scores.dim() == 1 ? scores.unsqueeze(0) : scores});
  }

  nlohmann::json value() const override {
    const auto rows = seeds_.host();
    std::vector<double> correlations;
    for (std::int64_t i = 0; i < rows.count(); ++i)
      correlations.push_back(kendallWithStep(rowOfNumbers(rows, i)));
    return orNull(meanOfDefined(correlations));
  }

 private:
  KeptRows seeds_;
};

constexpr const char* kMadaan =
    "Madaan et al., Quantifying Variance in Evaluation Benchmarks, arXiv:2406.10229, 2024";

}  // namespace

CatalogRow<Metric> meanRankVarianceRow() {
  auto descriptor =
      describe("mean_rank_variance", "Mean rank variance",
               "How much the rank of the right item differs between the views of a query: "
               "population variance, or deviation, averaged over queries.",
               "mean_i var_k rank_ik",
               "Nie et al., Improving the Consistency in Cross-Lingual Cross-Modal Retrieval with "
               "1-to-K Contrastive Learning, KDD 2024",
               "min");
  descriptor.parameters = {
      ParameterSpec::choice("form", "variance", {"variance", "std"},
                            "std: the mean of the deviations, as published code")};
  descriptor.traits["range"] = {0, nullptr};
  descriptor.inputs = {{"prediction", "[N, K]", "rank of the right item in each of K views"}};
  return rowOf<MeanRankVariance>(descriptor);
}

CatalogRow<Metric> seedStdRow() {
  auto descriptor = describe("seed_std", "Deviation over seeds",
                             "Standard deviation, by S − 1, of the final scores of runs that "
                             "differ in the seed only.",
                             "√(Σ (x_s − x̄)² / (S − 1))", kMadaan, "min");
  descriptor.traits["range"] = {0, nullptr};
  descriptor.traits["undefined"] = "it needs the scores of two seeds or more";
  descriptor.inputs = {{"prediction", "[S]", "final score of each seed"}};
  return rowOf<SeedStd>(descriptor);
}

CatalogRow<Metric> monotonicityRow() {
  auto descriptor = describe("monotonicity", "Monotonicity",
                             "Kendall's τ-b of the scores of checkpoints with their step, averaged "
                             "over the seeds whose scores vary.",
                             "mean_s τ_b(score_st, t)", kMadaan, "max");
  descriptor.traits["undefined"] = "no seed has scores that vary from step to step";
  descriptor.inputs = {{"prediction", "[T] or [S, T]", "scores of checkpoints, in order"}};
  descriptor.traits["examples"] = false;
  return rowOf<Monotonicity>(descriptor);
}

}  // namespace eq::metric
