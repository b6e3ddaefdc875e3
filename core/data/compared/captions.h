#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "core/data/digit_images.h"

namespace eq::data {

/// What a frozen encoder would make of captions of the images in some languages, float32 [N,
/// languages, width]: vectors of length 1 without negative entries, as features behind a ReLU are.
/// What they mean is the digit and, less, how it is drawn. Each language adds noise of its own, the
/// last the most.
/// \param noise of the last language, in units of the meaning's own entries.
/// \param seed of the encoder: the same for all parts of the data. \param part of the noise.
at::Tensor captions(const DigitImages& images, std::int64_t languages, std::int64_t width,
                    double noise, std::uint64_t seed, std::uint64_t part);

}  // namespace eq::data
