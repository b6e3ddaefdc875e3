#include "core/metric/classes/probability.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

/// Sum of an entry's values over the valid ones, beside their number.
at::Tensor sumAndCount(const at::Tensor& values, const at::Tensor& valid) {
  return at::stack({values.masked_fill(valid.logical_not(), 0).sum(), valid.sum().to(at::kDouble)});
}

class Brier : public Metric {
 public:
  explicit Brier(const Parameters&) {}

  void check(const Batch& batch) const override { checkClasses(batch, "brier"); }

  void add(const Batch& batch) override {
    const auto rows = classLogits(batch);
    const auto members = classMembers(rows).to(at::kDouble);
    const auto squares = (probabilities(rows) - members).square();
    // Of two classes that stand for one logit only the positive one counts.
    const auto values = hasClassIndices(batch) ? squares.sum(1) : squares.select(1, 1);
    addTo(sums_, sumAndCount(values, rows.decisions.valid));
  }

  nlohmann::json value() const override { return orNull(meanOf(sums_)); }

 private:
  at::Tensor sums_;  ///< sum and count
};

class NegativeLogLikelihood : public Metric {
 public:
  NegativeLogLikelihood(std::string id, bool exponential)
      : id_(std::move(id)), exponential_(exponential) {}

  void check(const Batch& batch) const override { checkClasses(batch, id_); }

  void add(const Batch& batch) override {
    const auto [logits, decisions] = classLogits(batch);
    const auto target = decisions.target.clamp_min(0).unsqueeze(1);
    const auto values = -logits.log_softmax(1).gather(1, target).squeeze(1);
    addTo(sums_, sumAndCount(values, decisions.valid));
  }

  nlohmann::json value() const override {
    const double mean = meanOf(sums_);
    return orNull(exponential_ ? std::exp(mean) : mean);
  }

 private:
  std::string id_;
  bool exponential_;
  at::Tensor sums_;  ///< sum and count
};

CatalogRow<Metric> likelihoodRow(Descriptor descriptor, bool exponential) {
  const auto id = descriptor.id;
  descriptor.traits["range"] = {exponential ? 1 : 0, nullptr};
  return {std::move(descriptor), [id, exponential](const Parameters&) {
            return std::make_unique<NegativeLogLikelihood>(id, exponential);
          }};
}

}  // namespace

CatalogRow<Metric> brierRow() {
  auto descriptor = describeClasses(
      "brier", "Brier score",
      "Mean squared distance of the probabilities from the outcome: summed over classes (0 to 2), "
      "or of the positive class alone where the target is 0/1.",
      "Σ_c (p_c − 1{y = c})²",
      "Brier, Verification of Forecasts Expressed in Terms of Probability, 1950", "min");
  descriptor.traits["range"] = {0, 2};
  return rowOf<Brier>(std::move(descriptor));
}

CatalogRow<Metric> nllRow() {
  return likelihoodRow(
      describeClasses("nll", "Negative log-likelihood",
                      "Mean of −log p of the true class, without smoothing or weights.", "−log p_y",
                      "Textbook definition", "min"),
      false);
}

CatalogRow<Metric> perplexityRow() {
  return likelihoodRow(
      describeClasses("perplexity", "Perplexity",
                      "Exponential of the pooled negative log-likelihood: the number of equally "
                      "likely classes that would be as uncertain.",
                      "exp(mean −log p_y)", "Textbook definition", "min"),
      true);
}

}  // namespace eq::metric
