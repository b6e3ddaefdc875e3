#pragma once

#include <vector>

#include "core/base/parameter.h"
#include "core/data/csv.h"
#include "core/data/table_guesses.h"

namespace eq::data {

/// What the keys of the dataset say of reading the file.
struct TableReading {
  CsvOptions csv;
  TableMarks marks;
};

/// Every key of the dataset "table" but those of second views.
std::vector<ParameterSpec> tableFields();

/// \throws Error that names the key: a mark with two meanings, an unknown kind of a column.
TableReading tableReading(const Parameters& parameters);

}  // namespace eq::data
