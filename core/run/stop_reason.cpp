#include "core/run/stop_reason.h"

#include "core/run/database.h"
#include "core/run/run_folder.h"

namespace eq::run {

void setStopReason(const std::filesystem::path& folder, const std::string& reason) {
  requireRun(folder);
  Database database(databaseFile(folder), Database::Mode::write);
  database.requirePlainTables();
  auto row = database.prepare("INSERT OR REPLACE INTO info VALUES (?, ?)");
  row.run(std::string("message"), reason);
}

}  // namespace eq::run
