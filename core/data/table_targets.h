#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/task.h"
#include "core/data/csv.h"
#include "core/data/table_columns.h"

namespace eq::data {

/// Columns of a field: one is [N], several are [N, M]; in `groups` of equal length, [N, groups, M].
struct FieldColumns {
  std::vector<std::string> names;  ///< group by group
  std::int64_t groups = 0;         ///< 0: not in groups
};

/// One entry of `targets`: {"column": "cultivar", "kind": "class"}.
struct TableTargetSpec {
  std::string column;
  std::string name;  ///< of the task; the column's where none is given
  TaskKind kind = TaskKind::regression;
  std::vector<std::string> order;  ///< categories from the first to the last; may be empty
  std::string unit;                ///< of a number
  std::map<std::string, FieldColumns> fields;  ///< further inputs of the task's losses

  /// Whether the column holds the target or one of the fields.
  bool uses(const std::string& name) const;
};

/// \param path "data.targets". \throws Error that names the entry and the key.
std::vector<TableTargetSpec> readTargetSpecs(const nlohmann::json& value, const std::string& path);

/// A list of texts, without the white space around them, which cells and column names lose as well.
/// \throws Error that names the entry.
std::vector<std::string> readTexts(const nlohmann::json& value, const std::string& path);

/// Whether a field of losses counts (queries, the steps of an attack) and is held in int64: a
/// float32 would merge counts above 2^24.
bool isWholeField(const std::string& field);

struct TableTarget {
  TaskInfo info;
  std::vector<double> values;  ///< one a row: class, rank, 0/1 or number; NaN where missing
  double rounding = 0;         ///< of numbers: half a unit of the last decimal, in that of `values`
  struct Field {
    std::vector<std::vector<double>> numbers;      ///< [column][row]
    std::vector<std::vector<std::int64_t>> whole;  ///< instead of numbers, where the field counts
    std::int64_t groups = 0;                       ///< as in FieldColumns
  };
  std::map<std::string, Field> fields;
};

/// \param standardize number targets become (y - mean) / standard deviation of the training rows.
/// \param path of the entry, "data.targets[0]". \throws Error with file, line and column.
TableTarget encodeTarget(const CsvTable& table, const TableTargetSpec& spec,
                         const std::vector<CellFormat>& formats, bool standardize,
                         std::span<const std::int64_t> trainRows, const std::string& path,
                         std::vector<Warning>& warnings);

}  // namespace eq::data
