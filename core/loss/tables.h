#pragma once

#include <vector>

#include "core/base/catalog.h"

namespace eq::loss {

class Loss;

// The rows of each family, from core/loss/<family>/table.cpp; the catalog joins them in this order.

/// Class indices and binary labels.
std::vector<CatalogRow<Loss>> classesRows();
/// Ranks.
std::vector<CatalogRow<Loss>> ordinalRows();
/// Distances between distributions over bins.
std::vector<CatalogRow<Loss>> transportRows();
/// A teacher's outputs.
std::vector<CatalogRow<Loss>> distillationRows();
/// Numbers.
std::vector<CatalogRow<Loss>> regressionRows();
/// Maps and images: depths, normals, overlap of regions.
std::vector<CatalogRow<Loss>> denseRows();
/// Embeddings, compared with each other or with class vectors.
std::vector<CatalogRow<Loss>> embeddingRows();
/// Lists of items with relevances.
std::vector<CatalogRow<Loss>> rankingRows();
/// Losses made of others: weights of samples, sums.
std::vector<CatalogRow<Loss>> weightsRows();
/// What the user or the problem brings: formulas, TorchScript, given values.
std::vector<CatalogRow<Loss>> customRows();

}  // namespace eq::loss
