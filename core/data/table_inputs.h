#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/data/csv.h"
#include "core/data/input_scale.h"
#include "core/data/table_columns.h"
#include "core/data/warning.h"

namespace eq::data {

/// Columns turned into numbers for a network.
struct TableInputs {
  std::vector<InputScale> scales;            ///< one a feature
  std::vector<std::vector<float>> features;  ///< [features][rows]
  std::vector<size_t> columns;               ///< those that gave features
};

struct TableInputColumn {
  size_t column = 0;
  bool categorical = false;  ///< declared so; else found out from the values
  bool named = false;        ///< asked for by name: what cannot be used is then an error
  bool dateParts = false;    ///< year, month and weekday of dates
  CellFormat format = {};
};

/// Numbers become (x - mean) / standard deviation of the training rows, and a missing one becomes
/// their mean; categories of the training rows become one 0/1 feature each, all 0 where the value
/// is missing or another; of dates in parts, the year is a number ("day.year"), month and weekday
/// are categories ("day.month=3"). Remarks go to `warnings`. \throws Error with file, line and
/// column.
TableInputs encodeInputs(const CsvTable& table, const std::vector<TableInputColumn>& columns,
                         std::span<const std::int64_t> trainRows, std::vector<Warning>& warnings);

/// Mean and standard deviation (divided by n; 1 where it would be 0) of the values that are not
/// NaN.
struct Moments {
  double mean = 0;
  double deviation = 1;
  std::int64_t count = 0;
};
Moments moments(const std::vector<double>& values, std::span<const std::int64_t> rows);
/// \param squares sum of the squared distances from the mean.
Moments momentsOf(std::int64_t count, double mean, double squares);

}  // namespace eq::data
