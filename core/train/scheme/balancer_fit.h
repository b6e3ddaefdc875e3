#pragma once

#include <string>

#include "core/balance/balancer.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {

/// What the experiment's balancer reads, both slots together.
balance::Needs balancerNeeds(const SchemeSetting& setting);

/// \throws Error where the balancer reads several batches or gradients in the trunk's output, which
/// a scheme with gradients of its own has not.
void requireRowsOfOneBatch(const SchemeSetting& setting, const std::string& id);

/// \throws Error where the optimizer is another than plain SGD.
void requireSgd(const SchemeSetting& setting, const std::string& id, const std::string& why);

/// Of the experiment's SGD.
Parameters sgdParameters(const Experiment& experiment);

}  // namespace eq::train
