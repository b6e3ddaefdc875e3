#pragma once

#include <ATen/core/Tensor.h>

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Share of right decisions among the valid targets. Logits [N, C] with class indices [N]: the
/// largest logit, ties to the lower class. Logits [N] or [N, L] with 0/1 of the same shape:
/// positive where the logit is above 0; with labels every element counts.
class Accuracy : public Metric {
 public:
  void check(const Batch& batch) const override;
  void add(const Batch& batch) override;
  nlohmann::json value() const override;

 private:
  at::Tensor right_;  ///< scalars, int64, on the batches' device
  at::Tensor valid_;
};

CatalogRow<Metric> accuracyRow();

}  // namespace eq::metric
