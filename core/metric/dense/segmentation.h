#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Classes of pixels: logits [N, C, pixels] or [N, C, H, W] against int [N, pixels] or [N, H, W],
// -100 = ignored.
CatalogRow<Metric> miouRow();
CatalogRow<Metric> pixelAccuracyRow();
CatalogRow<Metric> diceScoreRow();

}  // namespace eq::metric
