#include "core/metric/classes/class_totals.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"

namespace eq::metric {

void ClassTotals::add(const Batch& batch) {
  const auto rows = classLogits(batch);
  const auto& [predicted, target, valid] = rows.decisions;
  classes_ = rows.logits.size(1);
  bins_.add(ofDecisions(rows));
  if (classes_ <= kMostConfusionClasses)
    addTo(confusion_, countClasses(target * classes_ + predicted, valid, classes_ * classes_));
}

ClassReport ClassTotals::report() const {
  const auto cells = confusion_.defined() ? confusion_.numel() : 0;
  const auto sums = bins_.sums().reshape({-1});
  const auto all = cells > 0 ? at::cat({confusion_.to(at::kDouble), sums}) : sums;
  const auto host = all.to(at::kCPU).contiguous();
  const auto* values = host.const_data_ptr<double>();
  return {classes_,
          {values, values + cells},
          binsOf(values + cells, kReliabilityBins, kReliabilityBins)};
}

}  // namespace eq::metric
