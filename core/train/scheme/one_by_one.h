#pragma once

#include "core/train/scheme_tables.h"

namespace eq::train {

/// The tasks one after another, in the order of the experiment.
SchemeRow sequentialRow();
/// The same with the former ones mixed in.
SchemeRow curriculumMixedRow();

}  // namespace eq::train
