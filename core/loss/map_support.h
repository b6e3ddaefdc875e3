#pragma once

#include <string>

#include "core/loss/loss.h"

namespace eq::loss {

/// Logits [N, C, pixels] or [N, C, H, W], finite.
void checkMaps(const std::string& loss, const at::Tensor& prediction);
/// A class or `ignored` for each pixel of at least two classes' maps, [N, pixels] or [N, H, W].
void checkClassMap(const std::string& loss, const Batch& batch, std::int64_t ignored);
/// The shape of a map's pixels: without axis 1.
std::vector<std::int64_t> pixelShape(const at::Tensor& maps);

/// Maps of vectors of three, [N, 3, pixels], with a mask [N, pixels], where a task has them as [N,
/// 3 x pixels] with a mask of that shape, in which a vector counts with all of its numbers; other
/// batches as they are.
Batch vectorMaps(Batch batch);

/// bool [N, C, pixels]: the pixel is of the class. \param target [N, pixels].
at::Tensor oneHot(const at::Tensor& target, std::int64_t classes);

/// Mean over the samples that count, or their sum.
/// \param values [N]. \param counted bool [N].
Value overSamples(const at::Tensor& values, const at::Tensor& counted, bool sum);

}  // namespace eq::loss
