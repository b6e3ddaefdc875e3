#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Learning tasks one after another, from the matrix of accuracies R[t][j] on task j after training
// on task t; entries may be unknown.
CatalogRow<Metric> continualAccuracyRow();
CatalogRow<Metric> backwardTransferRow();
CatalogRow<Metric> forgettingRow();
CatalogRow<Metric> forwardTransferRow();

}  // namespace eq::metric
