#include "core/metric/classes/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/TensorOperators.h>

#include "core/metric/classes/bin_sums.h"
#include "core/metric/classes/class_report.h"
#include "core/metric/decisions.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

/// Columns of probabilities kept until the end: groups of equal size over the sorted confidences.
class EqualMass : public Metric {
 public:
  EqualMass(std::string id, bool classwise, std::int64_t bins)
      : id_(std::move(id)), classwise_(classwise), bins_(bins) {}

  void check(const Batch& batch) const override { checkClasses(batch, id_); }

  void add(const Batch& batch) override {
    const auto rows = classLogits(batch);
    const auto values = probabilities(rows);
    if (classwise_)
      kept_.add({rows.decisions.valid, values, classMembers(rows)});
    else
      kept_.add({rows.decisions.valid, values.amax(1), isRight(rows)});
  }

  nlohmann::json value() const override {
    const auto rows = kept_.validHost();
    if (rows.count() == 0) return nullptr;
    const auto columns = rows.width() / 2;
    double sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) sum += errorOf(rows, c, columns + c);
    return sum / static_cast<double>(columns);
  }

 private:
  /// Σ (n_b/N) |right_b − confidence_b|; the first N mod bins groups have one row more.
  double errorOf(const HostRows& rows, std::int64_t confidence, std::int64_t right) const {
    std::vector<std::int64_t> order(static_cast<size_t>(rows.count()));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return rows.at(a, confidence) < rows.at(b, confidence);
    });
    double sum = 0;
    size_t begin = 0;
    for (std::int64_t b = 0; b < bins_ && begin < order.size(); ++b) {
      const bool larger = b < rows.count() % bins_;
      const auto end = begin + static_cast<size_t>(rows.count() / bins_ + (larger ? 1 : 0));
      double gap = 0;
      for (; begin < end; ++begin)
        gap += rows.at(order[begin], right) - rows.at(order[begin], confidence);
      sum += std::abs(gap);
    }
    return sum / static_cast<double>(rows.count());
  }

  std::string id_;
  bool classwise_;
  std::int64_t bins_;
  KeptRows kept_;  ///< valid, C columns of confidence, C columns of 0/1
};

enum class Kind { expected, maximum, classwise };

constexpr const char* kValid = "valid";  ///< field of prepared rows

class CalibrationError : public Metric {
 public:
  CalibrationError(std::string id, Kind kind, std::int64_t bins)
      : id_(std::move(id)), kind_(kind), sums_(bins) {}

  void check(const Batch& batch) const override { checkClasses(batch, id_); }

  void add(const Batch& batch) override { sums_.add(confidencesOf(batch)); }

  /// Confidences as the prediction, whether they came true as the target. Labels [N, L] stay as
  /// they are: their confidences would have a row a label.
  Batch prepare(const Batch& batch) const override {
    if (batch.prediction.dim() == 2 && !hasClassIndices(batch)) return batch;
    const auto rows = confidencesOf(batch);
    return {rows.confidence, rows.right, {{kValid, rows.valid}}};
  }
  void addPrepared(const Batch& rows) override {
    if (!rows.field(kValid).defined()) return add(rows);
    sums_.add({rows.prediction, rows.target, rows.field(kValid)});
  }

  nlohmann::json value() const override {
    const auto columns = sums_.columns();
    double sum = 0;
    for (const auto& column : columns) {
      const auto errors = calibrationErrors(column);
      if (errors.count == 0) return nullptr;
      if (kind_ == Kind::maximum) return errors.maximum;
      sum += errors.expected;
    }
    if (columns.empty()) return nullptr;
    return sum / static_cast<double>(columns.size());
  }

 private:
  Confidences confidencesOf(const Batch& batch) const {
    const auto rows = classLogits(batch);
    return kind_ == Kind::classwise ? ofClasses(rows) : ofDecisions(rows);
  }

  std::string id_;
  Kind kind_;
  BinSums sums_;
};

CatalogRow<Metric> equalMassRow(Descriptor descriptor, bool classwise) {
  descriptor.parameters = {
      ParameterSpec::integer("bins", 15, "Groups of equal size").from(1).to(10000)};
  return {descriptor, [id = descriptor.id, classwise](const Parameters& parameters) {
            return std::make_unique<EqualMass>(id, classwise, parameters.integer("bins"));
          }};
}

CatalogRow<Metric> row(const std::string& id, const std::string& title, const std::string& summary,
                       const std::string& formula, Kind kind) {
  auto descriptor = describeClasses(
      id, title, summary, formula,
      "Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (bins closed above)", "min");
  descriptor.parameters = {
      ParameterSpec::integer("bins", 15, "Bins of equal width, closed above").from(1).to(10000)};
  return {descriptor, [id, kind](const Parameters& parameters) {
            return std::make_unique<CalibrationError>(id, kind, parameters.integer("bins"));
          }};
}

}  // namespace

CatalogRow<Metric> eceRow() {
  return row("ece", "Expected calibration error",
             "Mean gap between confidence and accuracy over bins of confidence.",
             "Σ_b (n_b/N) |acc_b − conf_b|", Kind::expected);
}

CatalogRow<Metric> mceRow() {
  return row("mce", "Maximum calibration error",
             "Largest gap between confidence and accuracy of a bin. It jumps with single examples: "
             "in simulation its 95 % intervals held their aim in 78 to 90 of 100 samples.",
             "max_b |acc_b − conf_b|", Kind::maximum);
}

CatalogRow<Metric> classwiseEceRow() {
  return row("classwise_ece", "Class-wise calibration error",
             "Calibration error of each class's probability, averaged over all classes.",
             "(1/C) Σ_c Σ_b (n_cb/N) |freq_cb − p_cb|", Kind::classwise);
}

CatalogRow<Metric> adaptiveEceRow() {
  return equalMassRow(
      describeClasses(
          "adaptive_ece", "Adaptive calibration error",
          "Mean gap between confidence and accuracy over groups of equally many "
          "examples, sorted by confidence.",
          "Σ_b (n_b/N) |acc_b − conf_b|",
          "Nguyen and O'Connor, EMNLP 2015; Nixon et al., Measuring Calibration in Deep "
          "Learning, CVPR Workshops 2019",
          "min"),
      false);
}

CatalogRow<Metric> aceRow() {
  return equalMassRow(
      describeClasses("ace", "Class-wise adaptive calibration error",
                      "Adaptive calibration error of each class's probability, averaged over all "
                      "classes, without a threshold.",
                      "(1/C) Σ_c Σ_b (n_cb/N) |freq_cb − p_cb|",
                      "Nixon et al., Measuring Calibration in Deep Learning, CVPR Workshops 2019",
                      "min"),
      true);
}

}  // namespace eq::metric
