#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "core/base/parameter.h"
#include "core/data/catalog.h"
#include "core/data/digit_images.h"
#include "core/data/problem.h"

namespace eq::data {

// What datasets of handwritten digits share.

/// The parameter `folder`: where the images come from.
ParameterSpec digitFolder();
/// The originals that it names: those of the four IDX files in the folder, or the 8x8 digits that
/// ship with the program. \throws Error naming the file that is missing or broken.
DigitParts digitOriginals(const Parameters& parameters, const Setting& setting, std::uint64_t seed);

/// The parameter `train`: how many training examples, all where it is null.
ParameterSpec trainingCount();
/// So many of the images from the first on, which are in random order; all where `train` is null.
/// \throws Error when there are fewer.
DigitImages firstOf(const DigitImages& images, const Parameters& parameters);

/// A problem that reads one image an example, as yet without splits and tasks.
Problem imageProblem(const DigitParts& parts, const Parameters& parameters);

/// Grey values from 0 to 1, float32 [N, 1, edge, edge].
at::Tensor greyValues(const DigitImages& images);
/// The digits, int64 [N].
at::Tensor digitLabels(const DigitImages& images);

}  // namespace eq::data
