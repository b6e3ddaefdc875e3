#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/problem.h"
#include "core/data/table_inputs.h"
#include "core/data/table_targets.h"

namespace eq::data {

/// Tensors of these rows, in their order. A class that is missing is -100; numbers get a mask.
Split makeSplit(const TableInputs& inputs, const std::vector<TableTarget>& targets,
                std::span<const std::int64_t> rows);
/// The same of targets alone.
Split targetSplit(const std::vector<TableTarget>& targets, std::span<const std::int64_t> rows);

}  // namespace eq::data
