#pragma once

#include <nlohmann/json.hpp>

#include "core/metric/pareto/analysis.h"

namespace eq::metric {

/// The input of `equipoise-cli pareto`: `points` or `problem`, and what stands beside them.
/// \throws Error that names field and value.
FrontQuestion readFrontQuestion(const nlohmann::json& input, const FrontOptions& options);

/// The fields that it reads.
std::vector<std::string> frontQuestionFields();

/// Every field of the answer; null where it was not asked for or is undefined, and in lists over
/// points at those that do not count.
nlohmann::json toJson(const FrontAnswer& answer);

}  // namespace eq::metric
