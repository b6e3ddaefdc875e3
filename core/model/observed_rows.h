#pragma once

#include <ATen/core/Tensor.h>

#include "core/model/layer.h"

namespace eq::model {

// What is recorded is of the examples themselves where the pass has second views.

/// The rows of the examples, without second views.
at::Tensor withoutViews(const Pass& pass, const at::Tensor& rows);
/// [units] The mean of [N, units, ...] over examples and places.
at::Tensor meanOfUnits(const Pass& pass, const at::Tensor& values);

}  // namespace eq::model
