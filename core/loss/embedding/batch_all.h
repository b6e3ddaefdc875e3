#pragma once

#include <ATen/core/Tensor.h>

#include "core/loss/embedding_support.h"

namespace eq::loss {

// The mean over all triplets of a batch with a term that is not 0, in memory N². The sums over
// triplets are linear in the distances once it is known which terms are active, or what the slopes
// are; those are found apart from the gradient, which is exact all the same (the first one only).

/// Terms [d_ap - d_an + margin]+. \param distances [N, N].
at::Tensor hingeOverTriplets(const at::Tensor& distances, const LabelPairs& pairs, double margin);
/// Terms log(1 + exp(d_ap - d_an)).
at::Tensor softOverTriplets(const at::Tensor& distances, const LabelPairs& pairs);

}  // namespace eq::loss
