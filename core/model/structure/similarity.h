#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// Linear CKA of what tasks compute for the same examples: ‖YᵀX‖²/(‖XᵀX‖ ‖YᵀY‖) of centred columns
/// (Kornblith et al., ICML 2019). \param outputs [K] of [N, ...]. \returns [K, K] in double; NaN
/// where outputs do not vary.
at::Tensor linearCka(const std::vector<at::Tensor>& outputs);

/// Groups of average linkage whose members are alike on the mean, at least as much as the
/// threshold. \param similarity [K, K], read here; NaN is alike to nothing. \param members those to
/// be grouped. \returns each in the order of `members`, by its first one.
std::vector<std::vector<size_t>> groupsAlike(const at::Tensor& similarity,
                                             const std::vector<size_t>& members, double threshold);

}  // namespace eq::model
