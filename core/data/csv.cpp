#include "core/data/csv.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/base/error.h"
#include "core/data/gzip.h"

namespace eq::data {
namespace {

constexpr std::array kDelimiters{',', ';', '\t', '|'};
constexpr size_t kSampledLines = 20;

/// Length of the UTF-8 sequence at `position`, 0 when it is none.
size_t sequenceLength(std::string_view text, size_t position) {
  const auto lead = static_cast<unsigned char>(text[position]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || position + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[position + i]) & 0xc0) != 0x80) return 0;
  const auto second = static_cast<unsigned char>(text[position + 1]);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

void checkText(std::string_view text, const std::string& name) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    fail("{}:1: the file is in UTF-16; save it as UTF-8", name);
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequenceLength(text, at);
    if (length == 0 || text[at] == '\0') {
      const auto line = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
      if (length == 0)
        fail("{}:{}: byte {} is not UTF-8; save the file as UTF-8", name, line + 1, at);
      fail("{}:{}: byte {} is zero; this is no text file", name, line + 1, at);
    }
    at += length;
  }
}

bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

/// How often `delimiter` divides each of the first lines that are not blank, quotes heeded.
std::vector<size_t> delimiterCounts(std::string_view text, char delimiter) {
  std::vector<size_t> counts;
  size_t count = 0;
  bool quoted = false, blank = true, gap = false;
  for (size_t i = 0; i < text.size() && counts.size() < kSampledLines; ++i) {
    const char c = text[i];
    const bool lineEnd = !quoted && (c == '\n' || c == '\r');
    if (lineEnd && !blank) counts.push_back(count), count = 0, blank = true, gap = false;
    if (lineEnd) continue;
    if (c == '"') quoted = !quoted;
    if (delimiter == ' ') {
      if (!quoted && isBlank(c)) {
        gap = !blank;
        continue;
      }
      if (gap) ++count, gap = false;
    } else if (!quoted && c == delimiter) {
      ++count;
    }
    blank = false;
  }
  if (!blank && counts.size() < kSampledLines) counts.push_back(count);
  return counts;
}

/// All lines alike, or the header one field short, as R writes it.
bool dividesAlike(const std::vector<size_t>& counts) {
  const auto all = [&](size_t from, size_t value) {
    return std::all_of(counts.begin() + static_cast<ptrdiff_t>(from), counts.end(),
                       [&](size_t count) { return count == value; });
  };
  return all(0, counts[0]) || (counts.size() > 1 && all(1, counts[0] + 1));
}

/// The delimiter that divides all first lines alike into the most fields, runs of blanks where no
/// other does; failing that, the one of the header.
char detectDelimiter(std::string_view text, std::string& evidence) {
  char best = ',';
  std::pair<bool, size_t> bestScore{false, 0};
  const auto consider = [&](char candidate) {
    const auto counts = delimiterCounts(text, candidate);
    if (counts.empty() || counts[0] == 0) return;
    const std::pair score{dividesAlike(counts), counts[0]};
    if (score <= bestScore || (candidate == ' ' && !score.first)) return;
    bestScore = score, best = candidate;
    evidence = fmt::format("the first {} lines {}", counts.size(),
                           score.first ? "are divided alike" : "are not divided alike by any");
  };
  for (const char candidate : kDelimiters) consider(candidate);
  if (!bestScore.first) consider(' ');
  return best;
}

/// The separator that a first line `sep=;` names, as spreadsheets write and read it; 0 without.
char separatorLine(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.size() < 6 || (!text.starts_with("sep=") && !text.starts_with("SEP="))) return 0;
  return text[5] == '\n' || text[5] == '\r' ? text[4] : 0;
}

/// Cuts a text into records and fields. Escaped quotes are undone in the text itself.
class Scanner {
 public:
  Scanner(std::string& text, const std::string& name, char delimiter)
      : text_(text), name_(name), delimiter_(delimiter) {
    if (text_.starts_with("\xef\xbb\xbf")) position_ = 3;
    if (!separatorLine(text_)) return;
    position_ += 5;
    skipLineEnd();
  }

  /// False at the end of the text.
  bool next(std::vector<std::string_view>& fields) {
    fields.clear();
    skipBlanks();
    while (!atEnd() && atLineEnd()) skipLineEnd(), skipBlanks();
    if (atEnd()) return false;
    recordLine_ = line_;
    while (true) {
      fields.push_back(!atEnd() && text_[position_] == '"' ? quotedField() : plainField());
      if (atEnd() || !atDelimiter()) break;
      ++position_;
      skipBlanks();
      if (delimiter_ == ' ' && (atEnd() || atLineEnd())) break;
    }
    if (!atEnd()) skipLineEnd();
    return true;
  }

  /// Where the record read last begins.
  std::int64_t recordLine() const { return recordLine_; }

  void warnOfQuotes(std::vector<Warning>& warnings) const {
    if (strayQuotes_ > 0)
      warnings.push_back(
          {fmt::format("{}:{}", name_, strayAt_),
           fmt::format(
               "a quote inside an unquoted field is kept as it stands{}",
               strayQuotes_ == 1 ? std::string() : fmt::format(" ({} fields)", strayQuotes_))});
  }

 private:
  bool atDelimiter() const {
    return delimiter_ == ' ' ? isBlank(text_[position_]) : text_[position_] == delimiter_;
  }
  void skipBlanks() {
    if (delimiter_ != ' ') return;
    while (!atEnd() && isBlank(text_[position_])) ++position_;
  }
  bool atEnd() const { return position_ == text_.size(); }
  bool atLineEnd() const { return text_[position_] == '\n' || text_[position_] == '\r'; }

  void skipLineEnd() {
    const bool pair = text_.compare(position_, 2, "\r\n") == 0;
    position_ += pair ? 2 : 1;
    ++line_;
  }

  std::string_view plainField() {
    const size_t begin = position_;
    while (!atEnd() && !atLineEnd() && !atDelimiter()) ++position_;
    const std::string_view field(text_.data() + begin, position_ - begin);
    if (field.find('"') != field.npos && strayQuotes_++ == 0) strayAt_ = line_;
    return field;
  }

  std::string_view quotedField() {
    const std::int64_t openedAt = line_;
    const size_t begin = ++position_;
    size_t end = begin;
    while (true) {
      if (atEnd()) fail("{}:{}: a quote opens here and is never closed", name_, openedAt);
      if (text_[position_] == '"') {
        ++position_;
        if (atEnd() || text_[position_] != '"') break;
      }
      countLine();
      text_[end++] = text_[position_++];
    }
    if (!atEnd() && !atLineEnd() && !atDelimiter())
      fail("{}:{}: a field goes on after its closing quote; write a quote inside a field twice",
           name_, line_);
    return {text_.data() + begin, end - begin};
  }

  /// Counts the line that ends at this character of a quoted field, if one does.
  void countLine() {
    const bool feed = text_[position_] == '\n';
    const bool lone = text_[position_] == '\r' && text_.compare(position_, 2, "\r\n") != 0;
    if (feed || lone) ++line_;
  }

  std::string& text_;
  const std::string& name_;
  char delimiter_;
  size_t strayQuotes_ = 0;
  std::int64_t strayAt_ = 0;
  size_t position_ = 0;
  std::int64_t line_ = 1;
  std::int64_t recordLine_ = 1;
};

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
      fail("{}: two columns are named \"{}\"; rename one", place, name);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> numberedNames(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(fmt::format("column {}", i + 1));
  return names;
}

/// A header one field short: R's, whose first column are the names of the rows, or that of a file
/// that ends each row with a separator.
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

}  // namespace

std::string oneLine(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const auto third = i + 2 < text.size() ? static_cast<unsigned char>(text[i + 2]) : 0U;
    const bool c1 = c == 0xc2 && next >= 0x80 && next <= 0x9f;
    // U+2028, U+2029 end lines; U+202A to U+202E and U+2066 to U+2069 turn the direction.
    const bool general = c == 0xe2 && ((next == 0x80 && third >= 0xa8 && third <= 0xae) ||
                                       (next == 0x81 && third >= 0xa6 && third <= 0xa9));
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      if (!out.ends_with(' ')) out += ' ';
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", c);
    } else if (c1) {
      out += fmt::format("\\u{:04x}", next), ++i;
    } else if (general) {
      out += fmt::format("\\u{:04x}", 0x2000 + ((next & 0x3f) << 6) + (third & 0x3f)), i += 2;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
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

CsvTable parseCsv(std::string text, const std::string& name, const CsvOptions& options) {
  checkText(text, name);
  CsvTable table;
  table.file_ = name;
  const char named = separatorLine(text);
  table.evidence_ = options.delimiter ? "given" : named ? "the line sep=" : "";
  table.delimiter_ = options.delimiter ? options.delimiter
                     : named           ? named
                                       : detectDelimiter(text, table.evidence_);
  table.text_ = std::make_unique<std::string>(std::move(text));
  Scanner scanner(*table.text_, name, table.delimiter_);
  std::vector<std::string_view> fields;
  bool more = scanner.next(fields);
  if (!more)
    fail("{}:1: the file is empty; expected {}", name, options.header ? "a header" : "rows");
  const std::string headerPlace = fmt::format("{}:{}", name, scanner.recordLine());
  size_t columns = fields.size();
  if (options.header) {
    table.takeHeader(fields, headerPlace);
    more = scanner.next(fields);
  } else {
    table.names_ = numberedNames(columns);
    table.nameless_.assign(columns, 1);
  }
  const bool shortHeader = options.header && more && columns > 1 && fields.size() == columns + 1;
  if (shortHeader) ++columns;
  for (; more; more = scanner.next(fields)) {
    if (fields.size() != columns)
      fail("{}:{}: expected {} fields as in the first line, found {}; mend or remove this row",
           name, scanner.recordLine(), columns, fields.size());
    table.cells_.insert(table.cells_.end(), fields.begin(), fields.end());
    table.lines_.push_back(scanner.recordLine());
  }
  if (shortHeader) table.mendShortHeader(columns, headerPlace);
  scanner.warnOfQuotes(table.warnings_);
  return table;
}

CsvTable readCsv(const std::filesystem::path& file, const CsvOptions& options) {
  std::vector<Warning> warnings;
  std::string text = readBytes(file, warnings);
  CsvTable table = parseCsv(std::move(text), file.string(), options);
  table.warnings_.insert(table.warnings_.begin(), warnings.begin(), warnings.end());
  return table;
}

}  // namespace eq::data
