#pragma once

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

// Classes of pixels: logits [N, C, pixels] or [N, C, H, W] against int [N, pixels] or [N, H, W],
// -100 = ignored.
CatalogRow<Metric> miouRow();
CatalogRow<Metric> pixelAccuracyRow();
CatalogRow<Metric> diceScoreRow();
/// Of each image by itself: a task has a metric once, and people compare both.
CatalogRow<Metric> imageDiceScoreRow();

}  // namespace eq::metric
