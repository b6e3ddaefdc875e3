#pragma once

#include "core/merge/method.h"

namespace eq::merge {

// One function a file of methods, in the order of the sheet.
MergeRows averageRows();
MergeRows forkMergeRows();
MergeRows adapterRoutingRows();
MergeRows tiesRows();
MergeRows pcbRows();
MergeRows taskMaskRows();
MergeRows fisherRows();
MergeRows regmeanRows();
MergeRows spectraRows();
MergeRows atlasRows();
MergeRows adamergingRows();
MergeRows selfPositioningRows();
MergeRows surgeryRows();
MergeRows tintingRows();
MergeRows logitsFusionRows();
MergeRows scalearnRows();

}  // namespace eq::merge
