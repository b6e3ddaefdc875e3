#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/table_guesses.h"
#include "core/data/warning.h"

namespace eq::data {

/// Remarks on marks, missing texts, dates, constant columns, row numbers and numbers' odd cells.
std::vector<Warning> notesOn(const TableGuesses& guesses);

nlohmann::json toJson(const TableGuesses& guesses);
/// A line for the marks and one a column, from what toJson gave. What is not its output gives none.
std::vector<std::string> tableLines(const nlohmann::json& guesses);

}  // namespace eq::data
