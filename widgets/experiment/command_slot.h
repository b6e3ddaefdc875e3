#pragma once

#include <QString>

#include "core/train/command.h"

namespace eq::widgets {

/// The method in the slot that a command sets. \pre it sets a loss, a loss weighting or a gradient
/// method.
train::MethodSpec methodOf(const train::Experiment& experiment, const train::Command& command);

/// The reason as the method itself would tell it: `tasks[0].loss.gamma: ...`, `tasks[0].loss: ...`
/// become `focal.gamma: ...` and `...`.
QString withoutPlace(const QString& reason, const train::Command& command);

}  // namespace eq::widgets
