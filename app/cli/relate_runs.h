#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/parameter.h"

namespace eq::cli {

/// A relation of what runs have recorded, with "names" beside its fields. \param runs RUN or
/// RUN@STEP: as far as that step. \throws Error for an id that is not read from runs.
nlohmann::json relateRuns(const std::string& id, const std::vector<std::string>& runs,
                          const Parameters& parameters);

}  // namespace eq::cli
