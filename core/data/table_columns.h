#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/cell_format.h"
#include "core/data/csv.h"

namespace eq::data {

/// \throws Error `data.inputs[2]: wine.csv has no column "ahs"; it has alcohol, ash ...`.
size_t columnIndex(const CsvTable& table, const std::string& name, const std::string& path);

/// Whether most of the column's values are numbers.
bool isNumeric(const CsvTable& table, size_t column, const CellFormat& format);

/// The column's numbers, NaN where missing.
/// \throws Error `wine.csv:17: column "ash": expected a number, found "2.1x"`.
std::vector<double> readNumbers(const CsvTable& table, size_t column, const CellFormat& format);

/// The column's whole numbers, exactly, up to 64 bits; 3.0 and 3e2 are whole as well.
/// \throws Error with line and column for anything else, a missing value included.
std::vector<std::int64_t> readWholeNumbers(const CsvTable& table, size_t column,
                                           const CellFormat& format);

}  // namespace eq::data
