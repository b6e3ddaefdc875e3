#pragma once

#include <vector>

#include "core/base/parameter.h"
#include "core/data/problem.h"

namespace eq::data {

/// The parameters of second views, `view_noise`, `view_drop` and, for images, `view_shift`, behind
/// a dataset's own. \param defaults their default values.
std::vector<ParameterSpec> withViews(std::vector<ParameterSpec> own, const Augmentation& defaults,
                                     bool images);
/// What they say.
Augmentation augmentationOf(const Parameters& parameters, bool images);

}  // namespace eq::data
