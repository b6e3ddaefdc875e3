#pragma once

#include <QString>

#include "core/train/experiment.h"

namespace eq::widgets {

/// What differs between two experiments, in a few words for the Undo entry: "epochs 40 → 50".
QString editText(const train::Experiment& before, const train::Experiment& after);

}  // namespace eq::widgets
