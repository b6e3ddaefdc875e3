#pragma once

#include <string>

#include "core/merge/question.h"

namespace eq::merge {

/// ⟨∇_{θ^ℓ}L, τ_k^ℓ⟩, the derivative of L in the coefficient of τ_k in one tensor.
double dotAt(const Eigen::VectorXd& gradient, const Eigen::VectorXd& tau, const Place& place);

/// The entries of `coefficients`, one an expert; none where the input has no such field.
/// \throws Error for another length.
std::vector<nlohmann::json> readCoefficientList(const nlohmann::json& input,
                                                const Question& question);

/// \throws Error for coefficients of a tensor that is not merged.
void checkCoefficientNames(const nlohmann::json& names, const std::string& place,
                           const Question& question);

}  // namespace eq::merge
