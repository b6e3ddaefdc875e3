// Any bytes are either read as a table whose cells can be looked at, or refused with an Error.
#include <cstdlib>
#include <numeric>

#include "core/base/error.h"
#include "core/data/csv.h"
#include "core/data/table_guesses.h"
#include "core/data/table_inputs.h"
#include "core/data/table_notes.h"

namespace {

/// What every table promises, whatever the file was.
void look(const eq::data::CsvTable& table) {
  size_t letters = 0;
  for (size_t row = 0; row < table.rows(); ++row) {
    if (table.place(row).empty()) std::abort();
    for (size_t column = 0; column < table.columns(); ++column)
      for (const char c : table.cell(row, column)) letters += c == '\0';
  }
  if (letters > 0) std::abort();
}

void encode(const eq::data::CsvTable& table) {
  std::vector<std::int64_t> rows(table.rows());
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  std::vector<eq::data::TableInputColumn> columns;
  const auto guesses = eq::data::guessTable(table, {});
  for (size_t column = 0; column < table.columns(); ++column)
    columns.push_back({column, false, false, false, guesses.columns[column].format});
  toJson(guesses).dump();
  auto warnings = eq::data::notesOn(guesses);
  const auto inputs = eq::data::encodeInputs(table, columns, rows, warnings);
  for (const auto& warning : eq::data::alikeMerged(warnings))
    for (const char c : warning.message)
      if (static_cast<unsigned char>(c) < ' ') std::abort();
  for (const auto& feature : inputs.features) {
    if (feature.size() != table.rows()) std::abort();
    for (const float value : feature)
      if (value - value != 0) std::abort();  // not finite
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  constexpr char kDelimiters[] = {0, ',', ';', ' '};
  if (size == 0) return 0;
  const eq::data::CsvOptions options{kDelimiters[data[0] & 3], (data[0] & 4) == 0};
  try {
    const auto table =
        eq::data::parseCsv({reinterpret_cast<const char*>(data) + 1, size - 1}, "x", options);
    look(table);
    encode(table);
  } catch (const eq::Error& error) {
    if (error.kind() != eq::ErrorKind::user || *error.what() == '\0') std::abort();
  }
  return 0;
}
