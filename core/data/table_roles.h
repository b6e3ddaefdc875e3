#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/table_guesses.h"
#include "core/data/table_inputs.h"
#include "core/data/table_targets.h"

namespace eq::data {

/// What the keys of the dataset say of columns.
struct TableWishes {
  std::vector<std::string> inputs;          ///< data.inputs; empty: all that can be
  std::vector<std::string> categorical;     ///< data.categorical
  std::map<std::string, ColumnKind> kinds;  ///< data.columns
  std::vector<TableTargetSpec> targets;     ///< data.targets
  std::string split;  ///< the column of data.split that is no input by itself; empty: none
};

/// `{"zip": {"kind": "category"}}`: number, category, date, date_parts or ignored.
/// \throws Error that names the column and the key.
std::map<std::string, ColumnKind> readColumnKinds(const nlohmann::json& value,
                                                  const std::string& path);

/// \throws Error for columns that the table does not have, and for keys that contradict each other.
void checkWishes(const CsvTable& table, const TableWishes& wishes);

/// The columns that become inputs; the guesses learn the role of each.
std::vector<TableInputColumn> assignRoles(const CsvTable& table, const TableWishes& wishes,
                                          TableGuesses& guesses);

}  // namespace eq::data
