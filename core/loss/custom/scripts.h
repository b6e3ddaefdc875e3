#pragma once

#include "core/script/scripts.h"

namespace eq::loss {

/// The TorchScript files of losses.
const script::MethodFiles& scripts();

}  // namespace eq::loss
