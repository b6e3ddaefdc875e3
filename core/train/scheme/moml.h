#pragma once

#include "core/train/scheme_tables.h"

namespace eq::train {

SchemeRow momlRow();

}  // namespace eq::train
