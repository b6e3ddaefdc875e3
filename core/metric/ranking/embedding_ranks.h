#pragma once

#include <ATen/core/Tensor.h>

#include "core/base/descriptor.h"

namespace eq::metric {

/// Whether the metric reads embeddings as its prediction: the trait "prediction".
bool readsEmbeddings(const Descriptor& metric);

/// Rank, from 1, of the nearest embedding of its own label among all others, by cosine, for each
/// embedding; int64 [N], 0 where no other has the label. Of equal ones the lower index stands
/// first. Those of the label -100 are left out, as queries and as candidates.
/// \param labels [N]. \param embeddings [N, D], in double.
at::Tensor ranksOfOwnLabel(const at::Tensor& labels, const at::Tensor& embeddings);

/// Rank, from 1, of each embedding's own text among the texts of all in that language, by cosine;
/// int64 [N, K]. Of equal ones the lower index stands first.
/// \param embeddings [N, D]. \param texts [N, K, D]. Both in double.
at::Tensor ranksOfTexts(const at::Tensor& embeddings, const at::Tensor& texts);

}  // namespace eq::metric
