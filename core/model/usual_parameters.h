#pragma once

#include <string>

#include "core/base/parameter.h"

namespace eq::model {

// What models of several kinds take.

/// \param summary what is dropped.
ParameterSpec dropoutSpec(const std::string& summary);
ParameterSpec headHiddenSpec();

}  // namespace eq::model
