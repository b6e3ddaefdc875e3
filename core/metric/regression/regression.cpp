#include "core/metric/regression/regression.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/metric/metric_support.h"
#include "core/metric/regression/number_pairs.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

/// Means over all valid elements: of |e| or of e².
class MeanError : public Metric {
 public:
  enum class Kind { absolute, squared, rootSquared };
  MeanError(std::string id, Kind kind) : id_(std::move(id)), kind_(kind) {}

  void check(const Batch& batch) const override { checkNumberPairs(batch, id_); }

  void add(const Batch& batch) override {
    const NumberPairs pairs = numberPairs(batch);
    const auto error = pairs.prediction - pairs.target;
    const auto sum = kind_ == Kind::absolute ? error.abs().sum() : error.square().sum();
    addTo(sums_, at::stack({sum, pairs.valid.sum().to(at::kDouble)}));
  }

  nlohmann::json value() const override {
    const double mean = meanOf(sums_);
    return orNull(kind_ == Kind::rootSquared ? std::sqrt(mean) : mean);
  }

 private:
  std::string id_;
  Kind kind_;
  at::Tensor sums_;  ///< sum and count, double
};

class R2 : public Metric {
 public:
  explicit R2(const Parameters&) {}

  void check(const Batch& batch) const override { checkNumberPairs(batch, "r2"); }

  void add(const Batch& batch) override {
    const NumberPairs pairs = numberPairs(batch);
    addTo(residual_, (pairs.prediction - pairs.target).square().sum(0));
    moments_.add(pairs);
  }

  nlohmann::json value() const override {
    if (!residual_.defined()) return nullptr;
    const auto host = residual_.to(at::kCPU).contiguous();
    const auto* residual = host.const_data_ptr<double>();
    std::vector<double> shares;
    for (const auto& output : moments_.outputs()) {
      const bool defined = !output.constantTarget && output.squaresTarget > 0;
      shares.push_back(defined ? 1 - *residual / output.squaresTarget : kUndefined);
      ++residual;
    }
    return orNull(meanOfDefined(shares));
  }

 private:
  at::Tensor residual_;  ///< [D]
  PairMoments moments_;
};

Descriptor describeNumbers(const std::string& id, const std::string& title,
                           const std::string& summary, const std::string& formula,
                           const std::string& direction) {
  auto descriptor = describe(id, title, summary, formula, "Textbook definition", direction,
                             direction == "max" ? "" : "target");
  descriptor.traits["range"] =
      direction == "max" ? nlohmann::json{nullptr, 1} : nlohmann::json{0, nullptr};
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N] or [N, D]", "numbers"},
                       {"target", "as prediction", "numbers"},
                       maskField("as target")};
  return descriptor;
}

CatalogRow<Metric> errorRow(const Descriptor& descriptor, MeanError::Kind kind) {
  return {descriptor, [id = descriptor.id, kind](const Parameters&) {
            return std::make_unique<MeanError>(id, kind);
          }};
}

}  // namespace

CatalogRow<Metric> maeRow() {
  return errorRow(describeNumbers("mae", "Mean absolute error",
                                  "Mean of |prediction − target| over all valid elements.",
                                  "Σ|ŷ − y| / N", "min"),
                  MeanError::Kind::absolute);
}

CatalogRow<Metric> mseRow() {
  return errorRow(describeNumbers("mse", "Mean squared error",
                                  "Mean of (prediction − target)² over all valid elements.",
                                  "Σ(ŷ − y)² / N", "min"),
                  MeanError::Kind::squared);
}

CatalogRow<Metric> rmseRow() {
  return errorRow(
      describeNumbers(
          "rmse", "Root mean squared error",
          "Root of the pooled mean of the squared errors, not the mean of a batch's roots.",
          "√(Σ(ŷ − y)² / N)", "min"),
      MeanError::Kind::rootSquared);
}

CatalogRow<Metric> r2Row() {
  auto descriptor = describeNumbers(
      "r2", "R²",
      "Share of the target's variance that is explained; the mean over the outputs that vary.",
      "1 − SS_res / SS_tot", "max");
  descriptor.traits["undefined"] =
      "the targets of every output are constant, as that of one example always is";
  return rowOf<R2>(descriptor);
}

}  // namespace eq::metric
