#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/cell_text.h"
#include "core/data/warning.h"

namespace eq::data {

struct CsvOptions {
  char delimiter = 0;  ///< 0: found out from the first lines, one of , ; tab | and ' '; ' ' stands
                       ///< for runs of blanks
  bool header = true;  ///< the first record names the columns
  size_t mostBytes = 0;  ///< more than so many are not read, to the end of a row; 0: all are
};

/// Whether the name is that of a CSV file, plain or gzip, by its ending in any case.
bool isTableName(const std::filesystem::path& file);

/// A table of texts, as a CSV file holds it. Cells keep their spaces (RFC 4180).
class CsvTable {
 public:
  size_t rows() const { return lines_.size(); }
  size_t columns() const { return names_.size(); }

  /// Unique; "column 3" where the header is empty or missing.
  const std::vector<std::string>& names() const { return names_; }
  std::string_view cell(size_t row, size_t column) const {
    return cells_[row * columns() + column];
  }
  /// `wine.csv:17`, where the row begins.
  std::string place(size_t row) const;
  /// `wine.csv:17: column "ash"`.
  std::string place(size_t row, size_t column) const;

  const std::string& file() const { return file_; }
  /// Whether all of the file was read, see CsvOptions::mostBytes.
  bool whole() const { return whole_; }
  char delimiter() const { return delimiter_; }
  /// How the separator was found: "given", "the line sep=", or the lines that it and its rivals
  /// divide alike.
  const std::string& delimiterEvidence() const { return evidence_; }
  /// Whether the lines are not divided alike, or by another separator as well.
  bool delimiterDoubtful() const { return doubtful_; }
  /// Whether the header has no name for the column.
  bool nameless(size_t column) const { return nameless_[column] != 0; }
  const std::vector<Warning>& warnings() const { return warnings_; }

 private:
  friend CsvTable parseCsv(std::string text, const std::string& name, const CsvOptions& options);
  friend CsvTable readCsv(const std::filesystem::path& file, const CsvOptions& options);

  void takeHeader(const std::vector<std::string_view>& header, const std::string& place);
  void mendShortHeader(size_t columns, const std::string& place);
  void chooseDelimiter(const std::string& text, char given);
  void readRecords(bool header);
  void takeRow(const std::vector<std::string_view>& fields, size_t columns, std::int64_t line);
  void warnOfEmptyRows();

  std::string file_;
  bool whole_ = true;
  std::unique_ptr<std::string> text_;  ///< what the cells look into; escapes undone in place
  char delimiter_ = ',';
  std::string evidence_;
  bool doubtful_ = false;
  std::vector<std::string> names_;
  std::vector<char> nameless_;
  std::vector<std::string_view> cells_;  ///< row by row
  std::vector<std::int64_t> lines_;      ///< 1 = the first line of the file
  std::vector<std::int64_t> emptyRows_;  ///< lines of rows without any value
  std::vector<Warning> warnings_;
};

/// Reads a CSV file, plain or gzip, in UTF-8 with or without a byte order mark; records end with
/// LF, CRLF or CR; fields may be quoted as in RFC 4180. Blank lines are skipped, and rows of
/// separators alone, with a warning.
/// \throws Error `wine.csv:17: expected 14 fields, found 13 ...`.
CsvTable readCsv(const std::filesystem::path& file, const CsvOptions& options = {});

/// The same from memory. \param name for messages.
CsvTable parseCsv(std::string text, const std::string& name, const CsvOptions& options = {});

}  // namespace eq::data
