#include "core/data/csv.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "core/base/error.h"
#include "core/data/csv_scanner.h"
#include "core/data/csv_separator.h"
#include "core/data/gzip.h"
#include "core/data/utf8.h"

namespace eq::data {
namespace {

std::vector<std::string> columnNames(const std::vector<std::string_view>& header,
                                     const std::string& place, std::vector<Warning>& warnings) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (size_t i = 0; i < header.size(); ++i) {
    std::string name = oneLine(trimmed(header[i]));
    if (name.empty()) {
      name = fmt::format("column {}", i + 1);
      warnings.push_back(
          {place, fmt::format("column {} has no name; it is called \"{}\"", i + 1, name)});
    }
    if (!seen.insert(name).second)
      fail(
          "{}: two columns are named \"{}\"; rename one, or say that the first line holds no names "
          "(data.header)",
          place, name);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> numberedNames(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(fmt::format("column {}", i + 1));
  return names;
}

bool onlyEmpty(const std::vector<std::string_view>& cells, size_t columns, size_t column) {
  for (size_t at = column; at < cells.size(); at += columns)
    if (!trimmed(cells[at]).empty()) return false;
  return true;
}

bool allDistinct(const std::vector<std::string_view>& cells, size_t columns, size_t column) {
  std::set<std::string_view> seen;
  for (size_t at = column; at < cells.size(); at += columns)
    if (!seen.insert(cells[at]).second) return false;
  return true;
}

void dropLast(std::vector<std::string_view>& cells, size_t columns) {
  size_t kept = 0;
  for (size_t at = 0; at < cells.size(); ++at)
    if ((at + 1) % columns != 0) cells[kept++] = cells[at];
  cells.resize(kept);
}

bool isEmpty(const std::vector<std::string_view>& fields) {
  return fields.size() > 1 && std::all_of(fields.begin(), fields.end(), [](std::string_view field) {
           return trimmed(field).empty();
         });
}

/// Without what stands behind the last row that is there as a whole; quotes may hold line breaks.
void cutToRows(std::string& text) {
  bool quoted = false;
  size_t end = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    quoted = quoted != (text[at] == '"');
    if (!quoted && (text[at] == '\n' || text[at] == '\r')) end = at + 1;
  }
  if (end > 0) text.resize(end);
}

/// A page or a document that was saved under the name of a table.
void requireTable(std::string_view text, const std::string& name) {
  std::string begin(trimmed(text.substr(0, 200)));
  std::transform(begin.begin(), begin.end(), begin.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [mark, what] :
       {std::pair("<!doctype", "an HTML page"), std::pair("<html", "an HTML page"),
        std::pair("<?xml", "XML"), std::pair("%pdf-", "a PDF document")})
    if (begin.starts_with(mark))
      fail("{}:1: expected a table, found {} (\"{}\"); save it as CSV", name, what,
           oneLine(begin.substr(0, 20)));
}

}  // namespace

bool isTableName(const std::filesystem::path& file) {
  auto name = file.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* ending :
       {".csv", ".tsv", ".tab", ".txt", ".csv.gz", ".tsv.gz", ".tab.gz", ".txt.gz"})
    if (name.ends_with(ending)) return true;
  return false;
}

std::string CsvTable::place(size_t row) const {
  return fmt::format("{}:{}", file_, lines_.at(row));
}

std::string CsvTable::place(size_t row, size_t column) const {
  return fmt::format("{}: column \"{}\"", place(row), names_.at(column));
}

void CsvTable::takeHeader(const std::vector<std::string_view>& header, const std::string& place) {
  for (const auto name : header) nameless_.push_back(trimmed(name).empty());
  names_ = columnNames(header, place, warnings_);
}

void CsvTable::mendShortHeader(size_t columns, const std::string& place) {
  if (onlyEmpty(cells_, columns, columns - 1)) {
    dropLast(cells_, columns);
    warnings_.push_back({place, "every row ends with a separator, which is left out"});
    return;
  }
  if (!allDistinct(cells_, columns, 0))
    fail("{}: expected {} fields as in the first line, found {}; mend or remove this row",
         this->place(0), columns - 1, columns);
  std::string first = "row names";
  while (std::find(names_.begin(), names_.end(), first) != names_.end()) first += " ";
  names_.insert(names_.begin(), oneLine(first));
  nameless_.insert(nameless_.begin(), 1);
  warnings_.push_back({place,
                       "the header is one field short of the rows: the first column is "
                       "taken as names of the rows, \"row names\""});
}

void CsvTable::chooseDelimiter(const std::string& text, char given) {
  const char named = separatorLine(text);
  if (given != 0 || named != 0) {
    delimiter_ = given != 0 ? given : named;
    evidence_ = given != 0 ? "given" : "the line sep=";
    return;
  }
  const auto guess = guessSeparator(text);
  delimiter_ = guess.mark;
  evidence_ = guess.evidence;
  doubtful_ = guess.doubtful;
}

void CsvTable::readRecords(bool header) {
  CsvScanner scanner(*text_, file_, delimiter_);
  std::vector<std::string_view> fields;
  bool more = scanner.next(fields);
  if (!more) fail("{}:1: the file is empty; expected {}", file_, header ? "a header" : "rows");
  const std::string first = fmt::format("{}:{}", file_, scanner.recordLine());
  size_t columns = fields.size();
  if (header) {
    takeHeader(fields, first);
    more = scanner.next(fields);
  } else {
    names_ = numberedNames(columns);
    nameless_.assign(columns, 0);
  }
  const bool shortHeader = header && more && columns > 1 && fields.size() == columns + 1;
  if (shortHeader) ++columns;
  for (; more; more = scanner.next(fields)) takeRow(fields, columns, scanner.recordLine());
  if (shortHeader) mendShortHeader(columns, first);
  warnOfEmptyRows();
  scanner.warnOfQuotes(warnings_);
}

void CsvTable::takeRow(const std::vector<std::string_view>& fields, size_t columns,
                       std::int64_t line) {
  if (isEmpty(fields)) return emptyRows_.push_back(line);
  if (fields.size() != columns)
    fail("{}:{}: expected {} fields as in the first line, found {}; mend or remove this row", file_,
         line, columns, fields.size());
  cells_.insert(cells_.end(), fields.begin(), fields.end());
  lines_.push_back(line);
}

void CsvTable::warnOfEmptyRows() {
  if (emptyRows_.empty()) return;
  warnings_.push_back(
      {fmt::format("{}:{}", file_, emptyRows_[0]),
       emptyRows_.size() == 1
           ? std::string("the row holds separators only and is left out")
           : fmt::format("{} rows hold separators only and are left out", emptyRows_.size())});
}

CsvTable parseCsv(std::string text, const std::string& name, const CsvOptions& options) {
  requireUtf8(text, name);
  requireTable(text, name);
  CsvTable table;
  table.file_ = name;
  table.chooseDelimiter(text, options.delimiter);
  table.text_ = std::make_unique<std::string>(std::move(text));
  table.readRecords(options.header);
  return table;
}

CsvTable readCsv(const std::filesystem::path& file, const CsvOptions& options) {
  std::vector<Warning> warnings;
  bool whole = true;
  std::string text = options.mostBytes == 0 ? readBytes(file, warnings)
                                            : readFront(file, options.mostBytes, whole);
  if (!whole) cutToRows(text);
  CsvTable table = parseCsv(std::move(text), file.string(), options);
  table.whole_ = whole;
  table.warnings_.insert(table.warnings_.begin(), warnings.begin(), warnings.end());
  return table;
}

}  // namespace eq::data
