#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "core/loss/loss.h"

namespace eq::loss {

/// Where each example stands on an axis of curve.h, [N] (or [N * D] where every element stands for
/// itself): the x at which the axis' prediction is nearest to the example's own. NaN where the
/// example has no valid target. \throws Error when the axis does not fit the batch's shapes.
at::Tensor axisPositions(const std::string& axis, const Batch& batch);

}  // namespace eq::loss
