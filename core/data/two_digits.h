#pragma once

#include <cstdint>
#include <vector>

#include "core/data/catalog.h"
#include "core/data/digit_images.h"

namespace eq::data {

/// Two square images laid over each other: `left` in the upper left corner of a square canvas,
/// `right` in the lower right one, the larger grey value where they overlap.
/// \param canvas its edge in pixels, at least `edge`. \param out [canvas * canvas].
void composePair(const std::uint8_t* left, const std::uint8_t* right, std::int64_t edge,
                 std::int64_t canvas, std::vector<std::uint8_t>& out);

/// Which of them each pixel of the canvas shows: 0 = the background, darker than half of `white` in
/// both; 1 = `left`, 2 = `right`, whichever is lighter there, `left` of equals.
void composeMap(const std::uint8_t* left, const std::uint8_t* right, std::int64_t edge,
                std::int64_t canvas, int white, std::vector<std::uint8_t>& out);

/// Two digits in one image, a classification task for each: MultiMNIST (S. Sabour et al., 2017) as
/// O. Sener and V. Koltun (2018) compose it.
CatalogRow<Dataset, const Setting&> twoDigitsRow();

}  // namespace eq::data
