#pragma once

#include "core/train/command.h"
#include "core/train/records.h"
#include "core/train/run_parts.h"

namespace eq::train {

/// Changes the parts between two steps as the command says. A new kind of command: its part of the
/// experiment in command.cpp, and here what else must change with it.
/// \return the event of it. \throws Error, and changes nothing, when it does not fit.
EventRecord applyTo(RunParts& parts, const Command& given);

}  // namespace eq::train
