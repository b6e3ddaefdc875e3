#include "core/data/table_preview.h"

#include <algorithm>

#include "core/data/catalog.h"
#include "core/data/table_keys.h"

namespace eq::data {

TablePreview previewTable(const std::filesystem::path& file, const nlohmann::json& keys,
                          size_t mostBytes) {
  nlohmann::json given = keys;
  given["path"] = file.string();
  if (!given.contains("targets")) given["targets"] = nlohmann::json::array();
  auto reading = tableReading(Parameters(catalog().descriptor("table").parameters, given, "data"));
  reading.csv.mostBytes = mostBytes;
  TablePreview preview{readCsv(file, reading.csv), {}};
  // A column that another separator had is none now.
  std::erase_if(reading.marks.kinds, [&](const auto& kind) {
    const auto& names = preview.table.names();
    return std::find(names.begin(), names.end(), kind.first) == names.end();
  });
  preview.guesses = lookAtTable(preview.table, reading.marks);
  return preview;
}

}  // namespace eq::data
