#include "core/metric/classes/ordered.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/transport_support.h"
#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

/// A mean over examples of something that is measured along the positions of ordered classes.
class OrderedMetric : public Metric {
 public:
  void check(const Batch& batch) const override {
    checkClasses(batch, id_);
    if (!hasClassIndices(batch))
      fail("{}.prediction: needs logits of ordered classes, [N, K], found {}", id_,
           loss::shapeText(batch.prediction));
    bins_.check(id_, batch.prediction);
  }

  void add(const Batch& batch) override {
    bins_.check(id_, batch.prediction);  // reads sizes alone
    const ClassLogits rows = classLogits(batch);
    const auto& valid = rows.decisions.valid;
    const auto each = samples(rows, bins_.positions(rows.logits));
    addTo(sums_,
          at::stack({each.masked_fill(valid.logical_not(), 0).sum(), valid.sum().to(at::kDouble)}));
  }

  nlohmann::json value() const override { return orNull(meanOf(sums_)); }

 protected:
  OrderedMetric(std::string id, const Parameters& parameters)
      : id_(std::move(id)), bins_(id_, parameters) {}

  /// One number a row, of whatever where the row is not valid. \param positions [K], in double.
  virtual at::Tensor samples(const ClassLogits& rows, const at::Tensor& positions) const = 0;

  /// Position of the target, [N]; of a row that is not valid that of the first class.
  static at::Tensor truth(const ClassLogits& rows, const at::Tensor& positions) {
    return positions.take(rows.decisions.target.clamp_min(0));
  }

 private:
  std::string id_;
  loss::BinAxis bins_;
  at::Tensor sums_;  ///< sum and count, in double
};

class RankMae : public OrderedMetric {
 public:
  explicit RankMae(const Parameters& parameters)
      : OrderedMetric("rank_mae", parameters), decision_(parameters.text("decision")) {}

 private:
  at::Tensor samples(const ClassLogits& rows, const at::Tensor& positions) const override {
    return (decided(rows, positions) - truth(rows, positions)).abs();
  }

  at::Tensor decided(const ClassLogits& rows, const at::Tensor& positions) const {
    if (decision_ == "mode") return positions.take(rows.decisions.predicted);
    const auto shares = probabilities(rows);
    if (decision_ == "mean") return shares.mv(positions);
    return positions.take((shares.cumsum(1) < 0.5).sum(1).clamp_max(positions.size(0) - 1));
  }

  std::string decision_;
};

class RankedProbabilityScore : public OrderedMetric {
 public:
  explicit RankedProbabilityScore(const Parameters& parameters)
      : OrderedMetric("rps", parameters) {}

 private:
  at::Tensor samples(const ClassLogits& rows, const at::Tensor& positions) const override {
    const auto last = positions.size(0) - 1;
    const auto lower = positions.narrow(0, 0, last);
    const auto below = probabilities(rows).cumsum(1).narrow(1, 0, last);
    const auto step = (lower >= truth(rows, positions).unsqueeze(1)).to(at::kDouble);
    return ((below - step).square() * (positions.narrow(0, 1, last) - lower)).sum(1);
  }
};

Descriptor describeOrdered(std::string id, std::string title, std::string summary,
                           std::string formula, std::string citation) {
  auto descriptor = describe(std::move(id), std::move(title), std::move(summary),
                             std::move(formula), std::move(citation), "min", "target");
  descriptor.parameters = {loss::BinAxis::spec()};
  descriptor.traits["range"] = {0, nullptr};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.inputs = {{"prediction", "[N, K]", "logits of the classes, in their order"},
                       {"target", "int [N]", "classes, -100 = ignored"},
                       maskField("[N]")};
  return descriptor;
}

}  // namespace

CatalogRow<Metric> rankMaeRow() {
  auto descriptor = describeOrdered(
      "rank_mae", "Mean absolute error of ranks",
      "How far the predicted class is from the true one along ordered classes, on average.",
      "Σ |b_ŷ − b_y| / N, ŷ the median of the predicted distribution", "Textbook definition");
  descriptor.parameters.push_back(ParameterSpec::choice(
      "decision", "median", {"median", "mode", "mean"},
      "What is taken from the predicted distribution: its median, which this error is least from; "
      "the most likely class; or the mean of the positions"));
  return rowOf<RankMae>(descriptor);
}

CatalogRow<Metric> rpsRow() {
  return rowOf<RankedProbabilityScore>(describeOrdered(
      "rps", "Ranked probability score",
      "Squared distance of the predicted cumulative probabilities from the step at the true class: "
      "the CRPS of a forecast over ordered classes.",
      "Σ_{k<K} (F_k − 1{k >= y})² (b_{k+1} − b_k)",
      "E. S. Epstein, A Scoring System for Probability Forecasts of Ranked Categories, Journal of "
      "Applied Meteorology 1969"));
}

}  // namespace eq::metric
