#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/data/csv.h"
#include "core/data/table_guesses.h"

namespace eq::data {

/// A table to be looked at: its cells, and what the reader takes for granted in them.
struct TablePreview {
  CsvTable table;
  TableGuesses guesses;  ///< a kind that does not fit is told at its column
};

/// \param keys of the dataset "table" that say how a file is read; others are checked and do not
/// count. \param mostBytes as CsvOptions::mostBytes.
/// \throws Error naming the key, or file and line.
TablePreview previewTable(const std::filesystem::path& file, const nlohmann::json& keys,
                          size_t mostBytes = 0);

}  // namespace eq::data
