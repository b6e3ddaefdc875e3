#include "core/run/run_labels.h"

#include "core/run/database.h"
#include "core/run/run_folder.h"

namespace eq::run {

RunLabels labelsOf(const std::filesystem::path& folder) {
  requireRun(folder);
  Database database(databaseFile(folder), Database::Mode::read);
  database.requirePlainTables();
  auto rows = database.prepare("SELECT value FROM info WHERE key = ?");
  const auto text = [&](const std::string& key) {
    return rows.start(key).next() ? rows.text(0) : std::string();
  };
  const auto colour = text("colour");
  const bool known = colour.size() == 1 && colour[0] >= '1' && colour[0] <= '0' + kLabelColours;
  return {text("tag"), text("note"), text("pinned") == "1", known ? colour[0] - '0' : 0};
}

void setLabels(const std::filesystem::path& folder, const RunLabels& labels) {
  requireRun(folder);
  Database database(databaseFile(folder), Database::Mode::write);
  database.requirePlainTables();
  Transaction all(database, Transaction::Kind::writing);
  auto row = database.prepare("INSERT OR REPLACE INTO info VALUES (?, ?)");
  row.run(std::string("tag"), labels.tag);
  row.run(std::string("note"), labels.note);
  row.run(std::string("pinned"), std::string(labels.pinned ? "1" : "0"));
  row.run(std::string("colour"), std::to_string(labels.colour));
  all.commit();
}

}  // namespace eq::run
