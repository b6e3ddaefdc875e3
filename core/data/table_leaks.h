#pragma once

#include "core/data/table_inputs.h"
#include "core/data/table_targets.h"

namespace eq::data {

/// Names inputs that give a target away: its copy, a column whose every value goes with one value
/// of the target, numbers that are the target in another unit, or that put the rows in its order or
/// divide its classes.
void noteLeaks(const CsvTable& table, const std::vector<TableInputColumn>& inputs,
               const std::vector<TableTarget>& targets, std::vector<Warning>& warnings);

}  // namespace eq::data
