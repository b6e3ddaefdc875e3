#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/cell_format.h"
#include "core/data/csv.h"

namespace eq::data {

/// A column of categories.
struct Categories {
  std::vector<std::string> names;
  std::vector<std::int64_t> codes;  ///< one a row, an index into `names`; -1 where missing
  std::vector<std::string> notes;   ///< spellings taken as one, or kept apart, that look alike
};

/// \param order of the categories; empty: those that occur, by value when all are numbers, else by
/// text. Where most are numbers, texts of the same number are one category. \throws Error with line
/// and column for a value that `order` does not hold.
Categories readCategories(const CsvTable& table, size_t column, const CellFormat& format,
                          const std::vector<std::string>& order = {});

}  // namespace eq::data
