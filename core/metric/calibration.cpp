#include "core/metric/calibration.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/metric/decisions.h"

namespace eq::metric {
namespace {

/// Probabilities [M, C] in double and the class of each row; logits of one column x stand for the
/// two logits [0, x].
struct Probabilities {
  at::Tensor values, target, valid;
};

Probabilities probabilitiesOf(const Batch& batch) {
  const Decisions decisions = decide(batch);
  if (hasClassIndices(batch))
    return {batch.prediction.to(at::kDouble).softmax(1), decisions.target, decisions.valid};
  const auto logits = batch.prediction.reshape({-1}).to(at::kDouble);
  return {at::stack({(-logits).sigmoid(), logits.sigmoid()}, 1), decisions.target, decisions.valid};
}

/// Sums over bins of equal width: count, confidence and right ones, for one or more columns.
class BinSums {
 public:
  explicit BinSums(std::int64_t bins) : bins_(bins) {}

  /// \param confidence, right [M, columns]; \param valid [M].
  void add(const at::Tensor& confidence, const at::Tensor& right, const at::Tensor& valid) {
    const auto columns = confidence.size(1);
    const auto edges = at::arange(1, bins_, confidence.options()) / static_cast<double>(bins_);
    const auto column = at::arange(columns, confidence.options().dtype(at::kLong)) * bins_;
    const auto cell = (at::bucketize(confidence, edges) + column).reshape({-1});
    const auto counted = valid.to(at::kDouble).unsqueeze(1).expand_as(confidence);
    const auto pooled = [&](const at::Tensor& values) {
      return at::zeros({columns * bins_}, confidence.options())
          .scatter_add(0, cell, values.reshape({-1}));
    };
    const auto sums = at::stack(
        {pooled(counted), pooled(confidence * counted), pooled(right.to(at::kDouble) * counted)});
    sums_ = sums_.defined() ? sums_ + sums : sums;
  }

  struct Errors {
    double expected = 0;  ///< Σ (n_b/N)|right_b − confidence_b|
    double maximum = 0;
    double count = 0;
  };
  std::vector<Errors> errors() const {
    std::vector<Errors> all;
    if (!sums_.defined()) return all;
    const auto host = sums_.to(at::kCPU).contiguous();
    const auto* count = host.const_data_ptr<double>();
    const auto cells = host.size(1);
    for (std::int64_t begin = 0; begin < cells; begin += bins_)
      all.push_back(errorsOf(count + begin, cells));
    return all;
  }

 private:
  Errors errorsOf(const double* count, std::int64_t stride) const {
    Errors errors;
    for (std::int64_t b = 0; b < bins_; ++b) {
      if (count[b] == 0) continue;
      const double gap = std::abs(count[2 * stride + b] - count[stride + b]);
      errors.count += count[b];
      errors.expected += gap;
      errors.maximum = std::max(errors.maximum, gap / count[b]);
    }
    if (errors.count > 0) errors.expected /= errors.count;
    return errors;
  }

  std::int64_t bins_;
  at::Tensor sums_;  ///< [3, columns * bins]
};

enum class Kind { expected, maximum, classwise };

class CalibrationError : public Metric {
 public:
  CalibrationError(std::string id, Kind kind, std::int64_t bins)
      : id_(std::move(id)), kind_(kind), sums_(bins) {}

  void check(const Batch& batch) const override { checkClasses(batch, id_); }

  void add(const Batch& batch) override {
    const auto [values, target, valid] = probabilitiesOf(batch);
    if (kind_ == Kind::classwise) {
      const auto classes = at::arange(values.size(1), target.options());
      sums_.add(values, target.unsqueeze(1) == classes, valid);
      return;
    }
    const auto confidence = values.amax(1, true);
    // The first of equal probabilities decides, as for accuracy.
    const auto predicted = (values == confidence).to(at::kInt).argmax(1);
    sums_.add(confidence, (predicted == target).unsqueeze(1), valid);
  }

  nlohmann::json value() const override {
    const auto columns = sums_.errors();
    if (columns.empty() || columns.front().count == 0) return nullptr;
    if (kind_ == Kind::maximum) return columns.front().maximum;
    double sum = 0;
    for (const auto& column : columns) sum += column.expected;
    return sum / static_cast<double>(columns.size());
  }

 private:
  std::string id_;
  Kind kind_;
  BinSums sums_;
};

CatalogRow<Metric> row(const std::string& id, const std::string& title, const std::string& summary,
                       const std::string& formula, Kind kind) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation =
      "Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (bins closed above)";
  descriptor.parameters = {
      ParameterSpec::integer("bins", 15, "Bins of equal width, closed above").from(1).to(10000)};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::multilabel,
                          TaskKind::ordinal};
  descriptor.inputs = {
      {"prediction", "[N, C], [N] or [N, L]", "logits"},
      {"target", "int [N], or 0/1 in the shape of prediction", "classes, -100 = ignored"},
      {"mask", "as target", "0 = does not count", false}};
  descriptor.traits = {{"direction", "min"}, {"unit", ""}};
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
             "Largest gap between confidence and accuracy of a bin.", "max_b |acc_b − conf_b|",
             Kind::maximum);
}

CatalogRow<Metric> classwiseEceRow() {
  return row("classwise_ece", "Class-wise calibration error",
             "Calibration error of each class's probability, averaged over all classes.",
             "(1/C) Σ_c Σ_b (n_cb/N) |freq_cb − p_cb|", Kind::classwise);
}

}  // namespace eq::metric
