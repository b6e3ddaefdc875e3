#pragma once

#include "core/train/scheme_tables.h"

namespace eq::train {

SchemeRow dotRow();

}  // namespace eq::train
