#pragma once

#include "core/script/scripts.h"

namespace eq::model {

/// The TorchScript files of models.
const script::MethodFiles& scripts();

}  // namespace eq::model
