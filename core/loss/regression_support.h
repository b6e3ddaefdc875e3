#pragma once

#include <string>
#include <vector>

#include "core/base/descriptor.h"

namespace eq::loss {

/// Description of an element-wise loss of numbers that can be drawn over the residual.
Descriptor regressionDescriptor(const std::string& id, const std::string& title,
                                const std::string& summary, const std::string& formula,
                                const std::string& citation, std::vector<ParameterSpec> own);

}  // namespace eq::loss
