#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace eq::run {

class Statement;

/// A SQLite file. One thread at a time. Every failure is an Error naming file, reason and remedy.
class Database {
 public:
  enum class Mode { read, write, create };

  Database(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Any number of statements without results.
  void execute(const char* sql);
  Statement prepare(std::string_view sql);
  bool hasTable(const std::string& name);
  bool inTransaction() const;
  /// Row id of the newest row that was inserted.
  std::int64_t lastId() const;

  /// Makes `target`, which must not exist, a copy of this database as it stands.
  void copyTo(const std::filesystem::path& target);

  /// A file from somebody else could hold a view that never ends, or a trigger that acts on our
  /// writing. \throws Error when there is more than plain tables.
  void requirePlainTables();

  [[noreturn]] void failNow() const;
  /// \param what is wrong with a row: "evaluation_values names task -1".
  [[noreturn]] void failDamaged(const std::string& what) const;

 private:
  std::filesystem::path file_;
  Mode mode_;
  sqlite3* handle_ = nullptr;
};

/// A prepared statement; its database must outlive it.
///
/// Numbers come back with the bits they had. SQLite has no NaN and no negative zero: those are
/// stored as a BLOB of their eight bytes, all others as REAL.
class Statement {
 public:
  Statement(Database& database, sqlite3_stmt* handle);

  /// Runs it once for these parameters, from ?1 on, without results.
  template <typename... Args>
  void run(const Args&... args) {
    start(args...);
    next();
  }

  /// Begins anew with these parameters; `next` steps through the rows.
  template <typename... Args>
  Statement& start(const Args&... args) {
    reset();
    int index = 0;
    (bind(++index, args), ...);
    return *this;
  }

  /// \returns whether there is a row, whose columns the functions below read (from 0).
  bool next();

  bool isNull(int column) const;
  std::int64_t integer(int column) const;
  double number(int column) const;
  /// As UTF-8: what is none becomes U+FFFD.
  std::string text(int column) const;
  /// As it was stored, such as a path.
  std::string bytes(int column) const;
  std::vector<double> numbers(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const;
  };

  void reset();
  void bind(int index, std::int64_t value);
  /// As NULL where there is none.
  void bind(int index, std::optional<std::int64_t> value);
  void bind(int index, double value);
  void bind(int index, const std::string& value);
  /// As a BLOB of little-endian doubles.
  void bind(int index, const std::vector<double>& values);
  void check(int code) const;

  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

/// Rolls back unless `commit` was reached. Reading within another one is part of that.
class Transaction {
 public:
  enum class Kind { reading, writing };
  Transaction(Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_;
};

}  // namespace eq::run
