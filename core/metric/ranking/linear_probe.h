#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// Whether the metric is fitted on training examples: it has an input "training".
bool readsTraining(const Descriptor& metric);

/// Accuracy of a ridge regression of the classes on embeddings, fitted on those of the training
/// examples: what a linear layer could read from them. In closed form, in double.
CatalogRow<Metric> linearProbeRow();

}  // namespace eq::metric
