#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Bool in the shape of `entries`, which is that of the prediction or lacks its axis 1: whether the
/// entry's prediction holds NaN or an infinity.
at::Tensor isNonfinite(const at::Tensor& prediction, at::IntArrayRef entries);

/// Rows of the batch with a prediction that is not finite where an entry counts, as a scalar on the
/// batch's device.
at::Tensor countNonfiniteRows(const Batch& batch, const at::Tensor& counted);

/// The same rows, of metrics with one policy for predictions that are not finite: the rows are
/// counted apart, and with any of them the value is null. Metrics by themselves need not look.
std::vector<CatalogRow<Metric>> withoutNonfinite(std::vector<CatalogRow<Metric>> rows);

}  // namespace eq::metric
