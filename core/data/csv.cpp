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
constexpr size_t kMostWarnings = 20;

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

/// How often `delimiter` stands outside quotes in each of the first lines that are not blank.
std::vector<size_t> delimiterCounts(std::string_view text, char delimiter) {
  std::vector<size_t> counts;
  size_t count = 0;
  bool quoted = false, blank = true;
  for (size_t i = 0; i < text.size() && counts.size() < kSampledLines; ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    const bool lineEnd = !quoted && (c == '\n' || c == '\r');
    if (!lineEnd) blank = false;
    if (!quoted && c == delimiter) ++count;
    if (lineEnd && !blank) counts.push_back(count), count = 0, blank = true;
  }
  if (!blank && counts.size() < kSampledLines) counts.push_back(count);
  return counts;
}

/// The delimiter that divides all first lines alike into the most fields; failing that, the header.
char detectDelimiter(std::string_view text) {
  char best = ',';
  std::pair<bool, size_t> bestScore{false, 0};
  for (const char candidate : kDelimiters) {
    const auto counts = delimiterCounts(text, candidate);
    if (counts.empty() || counts[0] == 0) continue;
    const bool alike =
        std::all_of(counts.begin(), counts.end(), [&](size_t count) { return count == counts[0]; });
    const std::pair score{alike, counts[0]};
    if (score > bestScore) bestScore = score, best = candidate;
  }
  return best;
}

/// Cuts a text into records and fields. Escaped quotes are undone in the text itself.
class Scanner {
 public:
  Scanner(std::string& text, const std::string& name, char delimiter,
          std::vector<Warning>& warnings)
      : text_(text), name_(name), delimiter_(delimiter), warnings_(warnings) {
    if (text_.starts_with("\xef\xbb\xbf")) position_ = 3;
  }

  /// False at the end of the text.
  bool next(std::vector<std::string_view>& fields) {
    fields.clear();
    while (!atEnd() && atLineEnd()) skipLineEnd();
    if (atEnd()) return false;
    recordLine_ = line_;
    while (true) {
      fields.push_back(!atEnd() && text_[position_] == '"' ? quotedField() : plainField());
      if (atEnd() || text_[position_] != delimiter_) break;
      ++position_;
    }
    if (!atEnd()) skipLineEnd();
    return true;
  }

  /// Where the record read last begins.
  std::int64_t recordLine() const { return recordLine_; }

 private:
  bool atEnd() const { return position_ == text_.size(); }
  bool atLineEnd() const { return text_[position_] == '\n' || text_[position_] == '\r'; }

  void skipLineEnd() {
    const bool pair = text_.compare(position_, 2, "\r\n") == 0;
    position_ += pair ? 2 : 1;
    ++line_;
  }

  std::string_view plainField() {
    const size_t begin = position_;
    while (!atEnd() && !atLineEnd() && text_[position_] != delimiter_) ++position_;
    const std::string_view field(text_.data() + begin, position_ - begin);
    if (field.find('"') != field.npos && warnings_.size() < kMostWarnings)
      warnings_.push_back({fmt::format("{}:{}", name_, line_),
                           "a quote inside an unquoted field is kept as it stands"});
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
    if (!atEnd() && !atLineEnd() && text_[position_] != delimiter_)
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
  std::vector<Warning>& warnings_;
  size_t position_ = 0;
  std::int64_t line_ = 1;
  std::int64_t recordLine_ = 1;
};

std::vector<std::string> columnNames(const std::vector<std::string_view>& header,
                                     const std::string& place, std::vector<Warning>& warnings) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (size_t i = 0; i < header.size(); ++i) {
    std::string name(trimmed(header[i]));
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

}  // namespace

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

CsvTable parseCsv(std::string text, const std::string& name, const CsvOptions& options) {
  checkText(text, name);
  CsvTable table;
  table.file_ = name;
  table.delimiter_ = options.delimiter ? options.delimiter : detectDelimiter(text);
  table.text_ = std::make_unique<std::string>(std::move(text));
  Scanner scanner(*table.text_, name, table.delimiter_, table.warnings_);
  std::vector<std::string_view> fields;
  bool more = scanner.next(fields);
  if (!more)
    fail("{}:1: the file is empty; expected {}", name, options.header ? "a header" : "rows");
  if (options.header) {
    table.names_ =
        columnNames(fields, fmt::format("{}:{}", name, scanner.recordLine()), table.warnings_);
    more = scanner.next(fields);
  } else {
    table.names_ = numberedNames(fields.size());
  }
  for (; more; more = scanner.next(fields)) {
    if (fields.size() != table.columns())
      fail("{}:{}: expected {} fields as in the first line, found {}; mend or remove this row",
           name, scanner.recordLine(), table.columns(), fields.size());
    table.cells_.insert(table.cells_.end(), fields.begin(), fields.end());
    table.lines_.push_back(scanner.recordLine());
  }
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
