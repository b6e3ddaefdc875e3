// Any bytes as run.sqlite, and any values in its tables, are either read as a run or refused with
// an Error. The first byte says which: bytes of a file (even), or rows (odd) that are added to a
// run.
#include <filesystem>
#include <fstream>

#include <sqlite3.h>
#include <unistd.h>

#include "core/run/run_folder.h"
#include "core/run/run_values.h"
#include "tests/fuzz/refusal.h"

namespace fs = std::filesystem;

namespace {

constexpr const char* kTables[] = {
    "info",       "steps",        "task_steps",        "terms",
    "points",     "conflicts",    "evaluation_values", "class_reports",
    "events",     "evaluations",  "intervals",         "layer_conflicts",
    "affinities", "observations", "preferences",       "fronts"};
constexpr int kColumns[] = {2, 5, 4, 5, 2, 7, 4, 5, 6, 5, 7, 5, 3, 6, 4, 6};
constexpr const char* kKeys[] = {"experiment", "data_folder", "state",       "message",
                                 "created",    "updated",     "total_steps", "tasks",
                                 "task_infos", "parent",      "parent_step"};

/// A folder in memory that lasts as long as the process, with a run to begin with.
class Folder {
 public:
  Folder() : path_("/dev/shm/equipoise-fuzz-" + std::to_string(::getpid())) {
    fs::remove_all(path_);
    fs::create_directories(path_);
    eq::run::RunWriter::Start start;
    start.experiment = nlohmann::json::parse(R"({"name": "x", "data": {"id": "two_valleys"},
                                                 "model": {"id": "point"}})");
    start.tasks.resize(2);
    eq::run::RunWriter::create(path_, start)->setState(eq::run::RunState::stopped);
    std::ifstream stream(file(), std::ios::binary);
    fresh_.assign(std::istreambuf_iterator<char>(stream), {});
  }
  ~Folder() { fs::remove_all(path_); }

  const fs::path& path() const { return path_; }
  fs::path file() const { return path_ / "run.sqlite"; }
  void write(std::string_view bytes) const {
    for (const char* tail : {"-wal", "-shm", "-journal"}) fs::remove(file().string() + tail);
    std::ofstream(file(), std::ios::binary) << bytes;
  }
  void writeFresh() const { write(fresh_); }

 private:
  fs::path path_;
  std::string fresh_;
};

/// Takes values from the front of the input; zeros at its end.
class Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::string_view take(std::size_t count) {
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::size_t below(std::size_t limit) {
    const auto byte = take(1);
    return byte.empty() ? 0 : static_cast<std::uint8_t>(byte.front()) % limit;
  }
  template <typename Number>
  Number number() {
    const auto bytes = take(sizeof(Number));
    Number value{};
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&value));
    return value;
  }

 private:
  std::string_view bytes_;
};

void bindNext(sqlite3_stmt* row, int column, Source& source) {
  switch (source.below(6)) {
    case 0:
      sqlite3_bind_null(row, column);
      return;
    case 1:
      sqlite3_bind_int64(row, column, source.number<std::int64_t>());
      return;
    case 2:
      sqlite3_bind_double(row, column, source.number<double>());
      return;
    case 3:
      sqlite3_bind_int64(row, column, static_cast<std::int64_t>(source.below(4)));
      return;
    default:
      break;
  }
  const bool text = source.below(2) == 0;
  const auto bytes = source.take(source.below(256));
  const auto size = static_cast<int>(bytes.size());
  if (text)
    sqlite3_bind_text(row, column, bytes.data(), size, SQLITE_TRANSIENT);
  else
    sqlite3_bind_blob(row, column, bytes.data(), size, SQLITE_TRANSIENT);
}

void addRow(sqlite3* database, Source& source) {
  const auto table = source.below(std::size(kTables));
  std::string sql = std::string("INSERT OR REPLACE INTO ") + kTables[table] + " VALUES (?";
  for (int column = 1; column < kColumns[table]; ++column) sql += ", ?";
  sqlite3_stmt* row = nullptr;
  eq::fuzz::require(sqlite3_prepare_v2(database, (sql + ")").c_str(), -1, &row, nullptr) ==
                    SQLITE_OK);
  int column = 1;
  if (table == 0)
    sqlite3_bind_text(row, column++, kKeys[source.below(std::size(kKeys))], -1, SQLITE_STATIC);
  for (; column <= kColumns[table]; ++column) bindNext(row, column, source);
  sqlite3_step(row);
  sqlite3_finalize(row);
}

void addRows(const fs::path& file, Source source) {
  sqlite3* database = nullptr;
  eq::fuzz::require(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  sqlite3_exec(database, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN", nullptr,
               nullptr, nullptr);
  for (int row = 0; row < 8 && !source.empty(); ++row) addRow(database, source);
  sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(database);
}

/// All that `show`, `export` and the window read.
void look(const fs::path& folder) {
  using eq::fuzz::mayRefuse;
  const eq::run::RunReader reader(folder);
  std::vector<std::string> tasks;
  mayRefuse([&] { reader.info(); });
  mayRefuse([&] { reader.experiment(); });
  mayRefuse([&] { tasks = reader.tasks(); });
  mayRefuse([&] { reader.taskInfos(); });
  mayRefuse([&] { reader.dataFolder(); });
  mayRefuse([&] { reader.steps(); });
  mayRefuse([&] { reader.newestEvaluations(); });
  mayRefuse([&] {
    for (const auto& event : reader.events()) eq::train::toJson(event).dump();
  });
  mayRefuse([&] {
    const auto evaluations = reader.evaluations();
    nlohmann::json(eq::run::bestValues(evaluations, tasks,
                                       eq::run::lossesSince(reader.events(), tasks.size())))
        .dump();
    nlohmann::json(eq::run::finalValues(evaluations, tasks)).dump();
    eq::run::toJson(eq::run::finalIntervals(evaluations, tasks)).dump();
  });
  eq::run::listRuns(folder.parent_path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  if (size == 0) return 0;
  const auto rest = eq::fuzz::textOf(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    folder.write(rest);
  } else {
    folder.writeFresh();
    addRows(folder.file(), Source(rest));
  }
  eq::fuzz::mayRefuse([&] { look(folder.path()); });
  return 0;
}
