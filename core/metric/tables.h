#pragma once

#include <vector>

#include "core/base/catalog.h"

namespace eq::metric {

class Metric;

// The rows of each family, from core/metric/<family>/table.cpp; the catalog joins them in this
// order.

/// Class indices, and how sure the model is of them.
std::vector<CatalogRow<Metric>> classesRows();
/// Maps and images.
std::vector<CatalogRow<Metric>> denseRows();
/// Numbers and distributions of numbers.
std::vector<CatalogRow<Metric>> regressionRows();
/// Lists and embeddings.
std::vector<CatalogRow<Metric>> rankingRows();
/// Given numbers of tasks and runs: comparisons, fronts, sequences of tasks.
std::vector<CatalogRow<Metric>> runsRows();

}  // namespace eq::metric
