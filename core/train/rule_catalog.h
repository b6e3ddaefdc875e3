#pragma once

#include "core/base/catalog.h"
#include "core/train/experiment.h"

namespace eq::train {

/// Rules that ship: in the list of an experiment, {"id": "early_stopping", "series":
/// "val.left.loss"} stands for the rule that it makes. To add one: a row in rule_catalog.cpp, a row
/// in tests/core/train/tst_rule_catalog.cpp, a line in CHANGELOG.md.
const Catalog<RuleSpec>& shippedRules();

}  // namespace eq::train
