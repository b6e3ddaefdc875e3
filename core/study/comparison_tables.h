#pragma once

#include <string>
#include <vector>

#include "core/base/text_table.h"
#include "core/study/comparison.h"

namespace eq::study {

// A comparison as tables to take along. Their numbers are those of `toJson(comparison)`.

/// A row a group: letter, fields, n, seeds, Δm in all and by task, mean rank.
TextTable groupTable(const Comparison& comparison);
/// A row a group, task and metric: mean, 95 % interval, median, standard deviation, n.
TextTable metricTable(const Comparison& comparison, const ValueChoice& choice);
/// A row a test; the p values with and without Holm's correction.
TextTable testTable(const Comparison& comparison);

}  // namespace eq::study
