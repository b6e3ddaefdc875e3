#include "core/run/exchange/import_kinds.h"

#include <fstream>
#include <string>
#include <system_error>

#include "core/base/error.h"
#include "core/run/database.h"
#include "core/run/run_folder.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

constexpr int kMostEntries = 2000;           // of a folder that are looked at
constexpr std::size_t kMostHeader = 100000;  // bytes of a line

bool isEventFile(const fs::path& file) {
  return file.filename().string().find("tfevents") != std::string::npos;
}

bool holdsEventFiles(const fs::path& folder) {
  std::error_code error;
  int seen = 0;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (isEventFile(entry->path())) return true;
    if (++seen > kMostEntries) return false;
  }
  return false;
}

bool isStudy(const fs::path& file) {
  try {
    Database database(file, Database::Mode::read);
    return database.hasTable("trials") && database.hasTable("studies");
  } catch (const Error&) {
    return false;
  }
}

bool hasTheirColumns(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string header;
  for (char c = 0; header.size() < kMostHeader && stream.get(c) && c != '\n';) header += c;
  std::erase(header, '"');
  std::erase(header, '\r');
  const std::string columns = ',' + header + ',';
  const auto has = [&](const char* text) { return columns.find(text) != std::string::npos; };
  return has(",run.hash,") || has(",_step,") || (columns.starts_with(",Step,") && has(" - "));
}

}  // namespace

bool isOfOtherPrograms(const fs::path& place) {
  std::error_code error;
  if (fs::is_directory(place, error)) return !isRun(place) && holdsEventFiles(place);
  if (!fs::is_regular_file(place, error)) return false;
  std::string begin(15, '\0');
  std::ifstream(place, std::ios::binary).read(begin.data(), std::ssize(begin));
  return begin == "SQLite format 3" ? isStudy(place) : hasTheirColumns(place);
}

}  // namespace eq::run
