#pragma once

#include <nlohmann/json.hpp>

#include "core/study/front.h"

namespace eq::study {

/// How the hypervolume of all evaluations of the front's split grew with the steps of its runs, of
/// one that trains a front with all points of its fronts:
/// {"steps", "hypervolume"}, two lists. \param reference in the user's direction, [axes].
/// \throws Error when a run cannot be read.
nlohmann::json frontHistory(const RunFront& front, const metric::Point& reference);

}  // namespace eq::study
