#include "core/run/database.h"

#include <cerrno>
#include <cmath>
#include <cstring>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/journal.h"

namespace eq::run {
namespace {

constexpr int kBusyMilliseconds = 5000;
constexpr int kLongestValue = 100'000'000;  // bytes; a damaged or hostile file may claim more
constexpr size_t kLongestPath = 500;        // bytes, that of the log beside it included
constexpr const char* kDamaged = "; the file is damaged: take a copy of it";

/// The path as an URI, so that options can follow.
std::string uriOf(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '?' || c == '#' || c == '%')
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      uri += c;
  }
  return uri;
}

/// Where nothing may be written, a reader cannot keep its index beside the file. When no log stands
/// there either, the file cannot change, and needs none.
bool isImmutable(const std::filesystem::path& file) {
  const auto is = [](const std::filesystem::path& path, int allowed) {
    return ::faccessat(AT_FDCWD, path.c_str(), allowed, AT_EACCESS) == 0;
  };
  return !is(std::filesystem::absolute(file).parent_path(), W_OK) &&
         !is(file.string() + "-wal", F_OK);
}

/// SQLite's own limit is below that of the system. \throws Error when the path is above it.
void requireShort(const std::filesystem::path& file) {
  const auto length = std::filesystem::absolute(file).string().size();
  if (length > kLongestPath)
    fail("{}: the path has {} bytes, and SQLite takes {}; choose a shorter one", file.string(),
         length, kLongestPath);
}

/// As nlohmann's replacement of what is no UTF-8.
std::string validUtf8(const std::string& text) {
  using nlohmann::json;
  const json quoted = text;
  return json::parse(quoted.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file), mode_(mode) {
  std::string uri = uriOf(file);
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
  if (mode == Mode::read) {
    flags |= SQLITE_OPEN_READONLY;
    if (isImmutable(file)) uri += "?immutable=1";
  } else {
    flags |= SQLITE_OPEN_READWRITE;
    if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
  }
  try {
    if (sqlite3_open_v2(uri.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
      requireShort(file);
      failNow();
    }
    sqlite3_busy_timeout(handle_, kBusyMilliseconds);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kLongestValue);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (mode != Mode::read)
      execute(isOnNetwork(std::filesystem::absolute(file).parent_path())
                  ? "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL"
                  : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) failNow();
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK)
    failNow();
  return {*this, statement};
}

bool Database::hasTable(const std::string& name) {
  auto found = prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  return found.start(name).next();
}

void Database::requirePlainTables() {
  auto other = prepare(
      "SELECT iif(type = 'table', 'virtual table', type), name FROM sqlite_master "
      "WHERE type IN ('view', 'trigger') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1");
  if (other.start().next())
    failDamaged(fmt::format("{} is a {}, expected tables", other.text(1), other.text(0)));
}

bool Database::inTransaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

std::int64_t Database::lastId() const {
  return sqlite3_last_insert_rowid(handle_);
}

void Database::copyTo(const std::filesystem::path& target) {
  Database copy(target, Mode::create);
  sqlite3_backup* backup = sqlite3_backup_init(copy.handle_, "main", handle_, "main");
  if (backup == nullptr) copy.failNow();
  const int stepped = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE) copy.failNow();
}

void Database::failNow() const {
  const std::string what = mode_ == Mode::read ? "cannot be read" : "cannot be written";
  const int code = sqlite3_errcode(handle_) & 0xff;
  int system = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  if (code == SQLITE_FULL) system = ENOSPC;
  if (code == SQLITE_READONLY || code == SQLITE_PERM) system = EACCES;
  const bool fromSystem = code == SQLITE_FULL || code == SQLITE_READONLY || code == SQLITE_PERM ||
                          code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
  if (fromSystem && system != 0) throw fileError(file_, what, system);
  std::string remedy;
  if (code == SQLITE_IOERR) remedy = "; the disk is full or broken: free some space there";
  if (code == SQLITE_BUSY) remedy = "; another program holds it, try again";
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) remedy = kDamaged;
  throw Error(fmt::format("{}: {}: {}{}", file_.string(), what, sqlite3_errmsg(handle_), remedy),
              ErrorKind::failure);
}

void Database::failDamaged(const std::string& what) const {
  throw Error(fmt::format("{}: cannot be read: {}{}", file_.string(), what, kDamaged),
              ErrorKind::failure);
}

void Statement::Finalizer::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Statement::Statement(Database& database, sqlite3_stmt* handle)
    : database_(database), handle_(handle) {}

bool Statement::next() {
  const int code = sqlite3_step(handle_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.failNow();
  return code == SQLITE_ROW;
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::number(int column) const {
  if (sqlite3_column_type(handle_.get(), column) != SQLITE_BLOB)
    return sqlite3_column_double(handle_.get(), column);
  const auto bits = numbers(column);
  return bits.empty() ? 0 : bits.front();
}

std::string Statement::text(int column) const {
  return validUtf8(bytes(column));
}

std::string Statement::bytes(int column) const {
  const auto* bytes = sqlite3_column_text(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return bytes == nullptr ? std::string()
                          : std::string(reinterpret_cast<const char*>(bytes), size_t(size));
}

std::vector<double> Statement::numbers(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column));
  std::vector<double> values(size / sizeof(double));
  if (!values.empty()) std::memcpy(values.data(), bytes, values.size() * sizeof(double));
  return values;
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.failNow();
}

void Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), index, value));
}

void Statement::bind(int index, std::optional<std::int64_t> value) {
  if (value) return bind(index, *value);
  check(sqlite3_bind_null(handle_.get(), index));
}

void Statement::bind(int index, double value) {
  if (std::isnan(value) || (value == 0 && std::signbit(value)))
    check(sqlite3_bind_blob(handle_.get(), index, &value, int{sizeof value}, SQLITE_TRANSIENT));
  else
    check(sqlite3_bind_double(handle_.get(), index, value));
}

void Statement::bind(int index, const std::string& value) {
  check(sqlite3_bind_text64(handle_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}

void Statement::bind(int index, const std::vector<double>& values) {
  const auto* bytes = values.empty() ? "" : static_cast<const void*>(values.data());
  check(sqlite3_bind_blob64(handle_.get(), index, bytes, values.size() * sizeof(double),
                            SQLITE_TRANSIENT));
}

Transaction::Transaction(Database& database, Kind kind)
    : database_(database), open_(kind == Kind::writing || !database.inTransaction()) {
  if (open_) database.execute(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  try {
    if (open_) database_.execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace eq::run
