#include "core/metric/nonfinite.h"

#include <limits>
#include <memory>
#include <utility>

#include <ATen/TensorOperators.h>

#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

/// Counts the rows that are not finite beside the metric that gets them.
class WithoutNonfinite : public Metric {
 public:
  WithoutNonfinite(std::unique_ptr<Metric> metric, MetricRange range)
      : metric_(std::move(metric)), range_(range) {}

  void check(const Batch& batch) const override { metric_->check(batch); }

  void add(const Batch& batch) override {
    addTo(rows_, countNonfiniteRows(batch, metric_->counted(batch)));
    metric_->add(batch);
  }

  // Who asks for prepared rows has asked for the value of all of them first: see bootstrap.
  Batch prepare(const Batch& batch) const override { return metric_->prepare(batch); }
  void addPrepared(const Batch& rows) override { metric_->addPrepared(rows); }

  nlohmann::json value() const override {
    return nonfiniteRows() > 0 ? nlohmann::json() : metric_->value();
  }

  at::Tensor counted(const Batch& batch) const override { return metric_->counted(batch); }
  double decisiveExamples() const override { return metric_->decisiveExamples(); }
  MetricRange range() const override { return range_; }
  std::int64_t nonfiniteRows() const override {
    return rows_.defined() ? rows_.item<std::int64_t>() : 0;
  }

 private:
  std::unique_ptr<Metric> metric_;
  MetricRange range_;
  at::Tensor rows_;  ///< int64 on the batches' device
};

MetricRange rangeOf(const Descriptor& descriptor) {
  MetricRange range;
  const auto given = descriptor.traits.find("range");
  if (given == descriptor.traits.end()) return range;
  if (given->at(0).is_number()) range.lowest = given->at(0).get<double>();
  if (given->at(1).is_number()) range.highest = given->at(1).get<double>();
  return range;
}

}  // namespace

at::Tensor Metric::counted(const Batch& batch) const {
  const auto mask = batch.field("mask");
  if (mask.defined()) return mask != 0;
  const bool isClass = batch.target.defined() && !batch.target.is_floating_point() &&
                       batch.target.dim() + 1 == batch.prediction.dim();
  return isClass ? batch.target != kIgnored : at::Tensor();
}

double Metric::decisiveExamples() const {
  return std::numeric_limits<double>::infinity();
}

at::Tensor isNonfinite(const at::Tensor& prediction, at::IntArrayRef entries) {
  auto wrong = prediction.isfinite().logical_not();
  if (wrong.dim() == static_cast<std::int64_t>(entries.size()) + 1) wrong = wrong.any(1);
  return wrong;
}

at::Tensor countNonfiniteRows(const Batch& batch, const at::Tensor& counted) {
  auto wrong =
      isNonfinite(batch.prediction, counted.defined() ? counted.sizes() : batch.prediction.sizes());
  if (counted.defined()) wrong = wrong & counted;
  if (wrong.dim() > 1) wrong = wrong.flatten(1).any(1);
  return wrong.sum();
}

std::vector<CatalogRow<Metric>> withoutNonfinite(std::vector<CatalogRow<Metric>> rows) {
  for (auto& row : rows)
    row.create = [create = std::move(row.create),
                  range = rangeOf(row.descriptor)](const Parameters& parameters) {
      return std::make_unique<WithoutNonfinite>(create(parameters), range);
    };
  return rows;
}

}  // namespace eq::metric
