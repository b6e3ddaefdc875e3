#pragma once

#include "core/base/catalog.h"

namespace eq::model {
class ParameterBuffer;
}

namespace eq::train {

class Optimizer;
struct MethodSpec;

/// Every optimizer; each has the parameter `lr`, the base rate of the schedule. To add one: a class
/// and a row in optimizer_catalog.cpp, a row in tests/core/train/tst_optimizer.cpp, a line in
/// CHANGELOG.md.
const Catalog<Optimizer, const model::ParameterBuffer&>& optimizers();

/// The base rate of the schedule, given or by default.
double baseRate(const MethodSpec& optimizer);

}  // namespace eq::train
