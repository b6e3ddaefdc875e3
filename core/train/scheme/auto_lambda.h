#pragma once

#include "core/train/scheme_tables.h"

namespace eq::train {

SchemeRow autoLambdaRow();

}  // namespace eq::train
