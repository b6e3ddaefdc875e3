#pragma once

#include "core/train/scheme_tables.h"

namespace eq::train {

SchemeRow adversarialRow();

}  // namespace eq::train
