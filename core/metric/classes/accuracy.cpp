#include "core/metric/classes/accuracy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>

#include "core/metric/decisions.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

class Accuracy : public Metric {
 public:
  explicit Accuracy(const Parameters&) {}

  void check(const Batch& batch) const override { checkClasses(batch, "accuracy"); }

  void add(const Batch& batch) override {
    const Decisions decisions = decide(batch);
    const auto right = (decisions.predicted == decisions.target) & decisions.valid;
    addTo(counts_, at::stack({right.sum(), decisions.valid.sum()}));
  }

  nlohmann::json value() const override { return orNull(meanOf(counts_)); }

 private:
  at::Tensor counts_;  ///< right ones and valid ones, int64, on the batches' device
};

class BalancedAccuracy : public Metric {
 public:
  explicit BalancedAccuracy(const Parameters&) {}

  void check(const Batch& batch) const override { checkClasses(batch, "balanced_accuracy"); }

  void add(const Batch& batch) override {
    const Decisions decisions = decide(batch);
    const auto classes = hasClassIndices(batch) ? batch.prediction.size(1) : 2;
    const auto right = (decisions.predicted == decisions.target) & decisions.valid;
    addTo(counts_, at::stack({countClasses(decisions.target, right, classes),
                              countClasses(decisions.target, decisions.valid, classes)},
                             1));
  }

  nlohmann::json value() const override {
    if (!counts_.defined()) return nullptr;
    const HostRows counts(counts_);
    std::vector<double> recalls;
    for (std::int64_t c = 0; c < counts.count(); ++c) {
      const double members = counts.at(c, 1);
      recalls.push_back(members > 0 ? counts.at(c, 0) / members : kUndefined);
    }
    return orNull(meanOfDefined(recalls));
  }

  double decisiveExamples() const override {
    const HostRows counts(counts_);
    std::vector<double> members;
    for (std::int64_t c = 0; c < counts.count(); ++c) members.push_back(counts.at(c, 1));
    return decisiveOfMean(members);
  }

 private:
  at::Tensor counts_;  ///< [C, 2] int64: right ones, members
};

class TopKAccuracy : public Metric {
 public:
  explicit TopKAccuracy(const Parameters& parameters) : k_(parameters.integer("k")) {}

  void check(const Batch& batch) const override { checkClasses(batch, "top_k_accuracy"); }

  void add(const Batch& batch) override {
    const auto [logits, decisions] = classLogits(batch);
    const auto target = decisions.target.clamp_min(0).unsqueeze(1);
    const auto own = logits.gather(1, target);
    const auto classes = at::arange(logits.size(1), target.options());
    // What does not come after the target's class stands before it, so that NaN is never a hit.
    const auto after = (logits < own) | ((logits == own) & (classes >= target));
    const auto rank = after.logical_not().sum(1);
    addTo(counts_, at::stack({((rank < k_) & decisions.valid).sum(), decisions.valid.sum()}));
  }

  nlohmann::json value() const override { return orNull(meanOf(counts_)); }

 private:
  std::int64_t k_;
  at::Tensor counts_;  ///< hits and valid ones, int64
};

}  // namespace

CatalogRow<Metric> accuracyRow() {
  return rowOf<Accuracy>(describeClasses("accuracy", "Accuracy",
                                         "Share of right decisions among the valid targets.",
                                         "Σ 1{argmax z = y} / N", "Textbook definition", "max"));
}

CatalogRow<Metric> balancedAccuracyRow() {
  return rowOf<BalancedAccuracy>(describeClasses(
      "balanced_accuracy", "Balanced accuracy",
      "Share of each class's members that were found, averaged over the classes that occur; the "
      "two classes of 0/1 targets are pooled over labels.",
      "(1/C) Σ_c TP_c / (TP_c + FN_c)", "Textbook definition", "max"));
}

CatalogRow<Metric> topKAccuracyRow() {
  auto descriptor = describeClasses(
      "top_k_accuracy", "Top-k accuracy",
      "Share of the targets whose class is among the k largest logits, ties to the lower class.",
      "Σ 1{rank of z_y <= k} / N", "Textbook definition", "max");
  descriptor.parameters = {
      ParameterSpec::integer("k", 5, "How many classes are looked at").from(1)};
  return rowOf<TopKAccuracy>(descriptor);
}

}  // namespace eq::metric
