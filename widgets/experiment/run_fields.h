#pragma once

#include <vector>

#include "core/train/experiment.h"

namespace eq::widgets {

class ParameterForm;

/// The plain fields of an experiment that the panel shows; the device as a choice of those there
/// are.
std::vector<ParameterSpec> runSpecs();
nlohmann::json runValues(const train::Experiment& experiment);
void takeRunValues(train::Experiment& experiment, const ParameterForm& form);

}  // namespace eq::widgets
