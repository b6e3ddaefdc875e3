#pragma once

#include <vector>

#include "core/base/catalog.h"

namespace eq::model {

class Model;
struct Setting;

// The rows of each family, from core/model/<family>/table.cpp; the catalog joins them with those of
// the top in this order.

/// Networks whose outputs gates mix.
std::vector<CatalogRow<Model, const Setting&>> expertRows();
/// A shared network, and parts of each task below it, in it or on each of its stages.
std::vector<CatalogRow<Model, const Setting&>> taskPartRows();
/// Inputs that come in parts.
std::vector<CatalogRow<Model, const Setting&>> inputPartRows();
/// Models whose structure is learned or grows, and what tasks change of a common base.
std::vector<CatalogRow<Model, const Setting&>> structureRows();
/// Additions of low rank to the full layers of a base.
std::vector<CatalogRow<Model, const Setting&>> lowRankRows();
/// Stages of several copies, to which examples or tasks are sent; learned tokens before the
/// inputs'.
std::vector<CatalogRow<Model, const Setting&>> routedRows();
/// Encoders with decoders for tasks whose targets are maps.
std::vector<CatalogRow<Model, const Setting&>> denseRows();
/// Trunks for which there are weights of other programs.
std::vector<CatalogRow<Model, const Setting&>> pretrainedRows();
/// Trunks of one's own.
std::vector<CatalogRow<Model, const Setting&>> scriptRows();

}  // namespace eq::model
