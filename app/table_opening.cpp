#include "app/table_opening.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/base/error.h"
#include "core/data/csv.h"
#include "core/data/table_columns.h"

namespace eq::app {
namespace {

constexpr std::size_t kMostClasses = 20;

/// Few values, or some that are no numbers.
bool looksLikeClasses(const data::CsvTable& table, std::size_t column) {
  const data::CellFormat format;
  std::set<std::string_view> values;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto cell = data::trimmed(table.cell(row, column));
    if (format.isMissing(cell)) continue;
    if (!format.number(cell)) return true;
    values.insert(cell);
  }
  return values.size() <= kMostClasses && values.size() < table.rows();
}

}  // namespace

bool isTable(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  for (const char* ending : {".csv", ".tsv", ".csv.gz", ".tsv.gz"})
    if (name.ends_with(ending)) return true;
  return false;
}

OpenedTable openTable(const std::filesystem::path& file) {
  const auto table = data::readCsv(file);
  if (table.columns() < 2)
    fail("{}: expected columns to predict from and one to be predicted, found {} column",
         file.string(), table.columns());
  const auto last = table.columns() - 1;
  OpenedTable opened;
  opened.target = table.names()[last];
  opened.isClass = looksLikeClasses(table, last);
  const nlohmann::json experiment{
      {"name", file.stem().stem().string()},
      {"data",
       {{"id", "table"},
        {"path", std::filesystem::absolute(file).string()},
        {"standardize_targets", !opened.isClass},
        {"targets", {{{"column", opened.target}, {"kind", opened.isClass ? "class" : "number"}}}}}},
      {"model", {{"id", "mlp"}}},
      {"batch_size", std::clamp<std::size_t>(table.rows() / 16, 8, 256)},
      {"epochs", 40}};
  opened.experiment = train::experimentFromJson(experiment, file.parent_path());
  return opened;
}

}  // namespace eq::app
