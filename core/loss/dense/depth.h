#pragma once

#include "core/base/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

// Losses of depth images [N, pixels] or [N, H, W]; a pixel counts where its mask is not 0 and its
// target is a depth: above 0, for `depth_l1` not 0.

/// Reverse Huber: |r| up to c, then (r² + c²)/(2c), with c a fraction of the batch's largest error.
/// Laina et al. 2016. By element, of numbers of any kind.
CatalogRow<Loss> berhuRow();
/// mean d² - λ (mean d)² over an image with d = log ŷ - log y. Eigen et al. 2014.
CatalogRow<Loss> silogRow();
/// |1/ŷ - 1/y|, or |δ̂ - 1/y| of predicted disparities; an infinite target is valid.
CatalogRow<Loss> inverseDepthL1Row();
/// |ŷ - y|.
CatalogRow<Loss> depthL1Row();

}  // namespace eq::loss
