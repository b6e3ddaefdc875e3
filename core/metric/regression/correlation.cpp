#include "core/metric/regression/correlation.h"

#include <cmath>

#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/ordering.h"
#include "core/metric/regression/number_pairs.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

class Spearman : public Metric {
 public:
  explicit Spearman(const Parameters&) {}

  void check(const Batch& batch) const override { checkNumberPairs(batch, "spearman"); }

  void add(const Batch& batch) override {
    const auto [prediction, target, valid] = numberPairs(batch);
    kept_.add({valid, prediction, target});
  }

  nlohmann::json value() const override {
    const auto rows = kept_.host();
    const auto outputs = rows.width() / 3;
    std::vector<double> correlations;
    for (std::int64_t d = 0; d < outputs; ++d) correlations.push_back(ofOutput(rows, d, outputs));
    return orNull(meanOfDefined(correlations));
  }

 private:
  static double ofOutput(const HostRows& rows, std::int64_t output, std::int64_t outputs) {
    std::vector<double> prediction, target;
    for (std::int64_t i = 0; i < rows.count(); ++i) {
      if (rows.at(i, output) == 0) continue;
      prediction.push_back(rows.at(i, outputs + output));
      target.push_back(rows.at(i, 2 * outputs + output));
      if (std::isnan(prediction.back()) || std::isnan(target.back())) return kUndefined;
    }
    return correlation(averageRanks(prediction), averageRanks(target));
  }

  KeptRows kept_;  ///< D columns of valid, D of prediction, D of target
};

class Concordance : public Metric {
 public:
  explicit Concordance(const Parameters& parameters) : unbiased_(parameters.boolean("unbiased")) {}

  void check(const Batch& batch) const override { checkNumberPairs(batch, "ccc"); }
  void add(const Batch& batch) override { moments_.add(numberPairs(batch)); }

  nlohmann::json value() const override {
    std::vector<double> values;
    for (const auto& output : moments_.outputs()) values.push_back(ofOutput(output));
    return orNull(meanOfDefined(values));
  }

 private:
  double ofOutput(const PairMoments::Output& output) const {
    if (output.constantPrediction || output.constantTarget) return kUndefined;
    const double divisor = unbiased_ ? output.count - 1 : output.count;
    const double shift = output.meanPrediction - output.meanTarget;
    return 2 * output.products / divisor /
           ((output.squaresPrediction + output.squaresTarget) / divisor + shift * shift);
  }

  bool unbiased_;
  PairMoments moments_;
};

Descriptor describeAgreement(const std::string& id, const std::string& title,
                             const std::string& summary, const std::string& formula,
                             const std::string& citation) {
  auto descriptor = describe(id, title, summary, formula, citation, "max");
  descriptor.traits["range"] = {-1, 1};
  descriptor.traits["undefined"] =
      "in every output the predictions or the targets are constant, as one example always is";
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N] or [N, D]", "numbers"},
                       {"target", "as prediction", "numbers"},
                       maskField("as target")};
  return descriptor;
}

}  // namespace

CatalogRow<Metric> spearmanRow() {
  return rowOf<Spearman>(describeAgreement(
      "spearman", "Spearman's rank correlation",
      "Correlation of the ranks, ties sharing the mean of their ranks; undefined where either side "
      "is constant.",
      "ρ = Pearson(rank ŷ, rank y)",
      "Spearman, The Proof and Measurement of Association between Two Things, 1904"));
}

CatalogRow<Metric> cccRow() {
  auto descriptor = describeAgreement(
      "ccc", "Concordance correlation",
      "How close the pairs are to the line prediction = target; undefined where either side is "
      "constant.",
      "2 cov / (σ_ŷ² + σ_y² + (μ_ŷ − μ_y)²)",
      "Lin, A Concordance Correlation Coefficient to Evaluate Reproducibility, Biometrics 1989");
  descriptor.parameters = {
      ParameterSpec::boolean("unbiased", false, "Variances and covariance by N − 1")};
  return rowOf<Concordance>(descriptor);
}

}  // namespace eq::metric
