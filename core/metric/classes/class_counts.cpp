#include "core/metric/classes/class_counts.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

at::Tensor countsOfIndices(const Batch& batch) {
  const Decisions decisions = decide(batch);
  const auto classes = batch.prediction.size(1);
  const auto right = (decisions.predicted == decisions.target) & decisions.valid;
  const auto wrong = decisions.valid & right.logical_not();
  return at::stack({countClasses(decisions.target, right, classes),
                    countClasses(decisions.predicted, wrong, classes),
                    countClasses(decisions.target, wrong, classes)});
}

at::Tensor countsOfLabels(const Batch& batch) {
  const Decisions decisions = decide(batch);
  const std::int64_t labels = batch.prediction.dim() == 2 ? batch.prediction.size(1) : 1;
  const auto predicted = (decisions.predicted != 0) & decisions.valid;
  const auto target = (decisions.target > 0) & decisions.valid;
  const auto perLabel = [&](const at::Tensor& entries) {
    return entries.reshape({-1, labels}).sum(0);
  };
  return at::stack({perLabel(predicted & target), perLabel(predicted & target.logical_not()),
                    perLabel(target & predicted.logical_not())});
}

using Counts = ClassCounts::Counts;
using Score = double (*)(const Counts&);

/// A score of one class, and how many examples it is a share of.
struct ClassScore {
  Score score;
  Score size;
};

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}
double precision(const Counts& c) {
  return ratio(c.truePositive, c.truePositive + c.falsePositive);
}
double support(const Counts& c) {
  return c.support();
}
/// Of a class that is never predicted the precision is 0, and turns on its members.
double predictions(const Counts& c) {
  return c.truePositive + c.falsePositive > 0 ? c.truePositive + c.falsePositive : c.support();
}
double recall(const Counts& c) {
  return ratio(c.truePositive, c.support());
}
double f1(const Counts& c) {
  return ratio(2 * c.truePositive, 2 * c.truePositive + c.falsePositive + c.falseNegative);
}

/// Precision, recall or F1, averaged over the classes as asked.
class AveragedScore : public Metric {
 public:
  AveragedScore(std::string id, ClassScore score, std::string average)
      : id_(std::move(id)), score_(score), average_(std::move(average)) {}

  void check(const Batch& batch) const override { checkClasses(batch, id_); }
  void add(const Batch& batch) override { counts_.add(batch); }

  nlohmann::json value() const override {
    Counts pooled;
    double sum = 0, weights = 0;
    for (const auto& counts : counts_.counts()) {
      pooled += counts;
      const double weight = average_ == "weighted" ? counts.support() : counts.total() > 0 ? 1 : 0;
      sum += weight * score_.score(counts);
      weights += weight;
    }
    if (average_ == "micro")
      return pooled.total() > 0 ? nlohmann::json(score_.score(pooled)) : nlohmann::json();
    return weights > 0 ? nlohmann::json(sum / weights) : nlohmann::json();
  }

  double decisiveExamples() const override {
    Counts pooled;
    std::vector<double> sizes, parts;
    for (const auto& counts : counts_.counts()) {
      pooled += counts;
      sizes.push_back(score_.size(counts));
      parts.push_back(average_ == "weighted" ? counts.support() : 1);
    }
    return average_ == "micro" ? score_.size(pooled) : decisiveOfMean(sizes, parts);
  }

 private:
  std::string id_;
  ClassScore score_;
  std::string average_;
  ClassCounts counts_;
};

CatalogRow<Metric> row(const std::string& id, const std::string& title, const std::string& summary,
                       const std::string& formula, ClassScore score) {
  auto descriptor = describeClasses(id, title, summary, formula, "Textbook definition", "max");
  descriptor.traits["undefined"] = "no class occurs or is predicted among what counts";
  descriptor.parameters = {
      ParameterSpec::choice("average", "macro", {"macro", "micro", "weighted"},
                            "Over the classes (or labels) that occur, pooled, or weighted by "
                            "support; one column: the positive class")};
  return {descriptor, [id, score](const Parameters& parameters) {
            return std::make_unique<AveragedScore>(id, score, parameters.text("average"));
          }};
}

}  // namespace

ClassCounts::Counts& ClassCounts::Counts::operator+=(const Counts& other) {
  truePositive += other.truePositive;
  falsePositive += other.falsePositive;
  falseNegative += other.falseNegative;
  return *this;
}

void ClassCounts::add(const Batch& batch) {
  const auto sums = hasClassIndices(batch) ? countsOfIndices(batch) : countsOfLabels(batch);
  addTo(sums_, sums);
}

std::vector<ClassCounts::Counts> ClassCounts::counts() const {
  std::vector<Counts> counts;
  if (!sums_.defined()) return counts;
  const auto host = sums_.to(at::kCPU, at::kDouble).contiguous();
  const auto* values = host.const_data_ptr<double>();
  const auto classes = host.size(1);
  for (std::int64_t c = 0; c < classes; ++c)
    counts.push_back({values[c], values[classes + c], values[2 * classes + c]});
  return counts;
}

CatalogRow<Metric> precisionRow() {
  return row("precision", "Precision", "Share of right ones among the predictions of a class.",
             "TP / (TP + FP)", {precision, predictions});
}

CatalogRow<Metric> recallRow() {
  return row("recall", "Recall", "Share of a class's members that were found.", "TP / (TP + FN)",
             {recall, support});
}

CatalogRow<Metric> f1Row() {
  return row("f1", "F1 score", "Harmonic mean of precision and recall.", "2 TP / (2 TP + FP + FN)",
             {f1, support});
}

}  // namespace eq::metric
