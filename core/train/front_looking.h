#pragma once

#include "core/train/front_look.h"
#include "core/train/run_parts.h"

namespace eq::train {

/// `count` examples of a split, drawn by a seed, in their order; all where there are no more.
data::Split drawnExamples(const data::Split& split, std::int64_t count, std::uint64_t seed);

/// Makes of a model the largest one of a preference that costs at most so many multiply-adds an
/// example. \throws Error where the method has one size, or none fits.
void placeWithin(const RunParts& parts, model::Model& network, const metric::Point& preference,
                 double budget);

/// As Trainer::frontLook. \throws Error where no front is trained, or the preference does not fit.
FrontLook lookAtFront(const RunParts& parts, const FrontLookRequest& request);

}  // namespace eq::train
