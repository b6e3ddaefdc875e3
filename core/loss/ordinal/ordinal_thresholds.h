#pragma once

#include <vector>

#include "core/loss/row.h"

namespace eq::loss {

// Losses of K-1 logits "the rank is above k", one a threshold (sheet, B01 to B03).

CatalogRow<Loss> orCnnRow();
CatalogRow<Loss> coralRow();
CatalogRow<Loss> cornRow();

/// Prediction [N, K-1] with K of at least 2. \returns K.
std::int64_t checkThresholdLogits(const std::string& loss, const at::Tensor& prediction);
/// A linear layer that makes them. \param role what they mean: the loss.
Readout thresholdReadout(const TaskInfo& task, const std::string& role);
/// The input of such logits and ranks.
std::vector<InputField> thresholdInputs(const std::string& logits);

}  // namespace eq::loss
