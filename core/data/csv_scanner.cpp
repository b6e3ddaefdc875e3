#include "core/data/csv_scanner.h"

#include "core/base/error.h"

namespace eq::data {
namespace {

bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

char separatorLine(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.size() < 6 || (!text.starts_with("sep=") && !text.starts_with("SEP="))) return 0;
  return text[5] == '\n' || text[5] == '\r' ? text[4] : 0;
}

CsvScanner::CsvScanner(std::string& text, const std::string& name, char delimiter)
    : text_(text), name_(name), delimiter_(delimiter) {
  if (text_.starts_with("\xef\xbb\xbf")) position_ = 3;
  if (!separatorLine(text_)) return;
  position_ += 5;
  skipLineEnd();
}

bool CsvScanner::next(std::vector<std::string_view>& fields) {
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

void CsvScanner::warnOfQuotes(std::vector<Warning>& warnings) const {
  if (strayQuotes_ > 0)
    warnings.push_back(
        {fmt::format("{}:{}", name_, strayAt_),
         fmt::format(
             "a quote inside an unquoted field is kept as it stands{}",
             strayQuotes_ == 1 ? std::string() : fmt::format(" ({} fields)", strayQuotes_))});
}

bool CsvScanner::atDelimiter() const {
  return delimiter_ == ' ' ? isBlank(text_[position_]) : text_[position_] == delimiter_;
}

void CsvScanner::skipBlanks() {
  if (delimiter_ != ' ') return;
  while (!atEnd() && isBlank(text_[position_])) ++position_;
}

void CsvScanner::skipLineEnd() {
  const bool pair = text_.compare(position_, 2, "\r\n") == 0;
  position_ += pair ? 2 : 1;
  ++line_;
}

std::string_view CsvScanner::plainField() {
  const size_t begin = position_;
  while (!atEnd() && !atLineEnd() && !atDelimiter()) ++position_;
  const std::string_view field(text_.data() + begin, position_ - begin);
  if (field.find('"') != field.npos && strayQuotes_++ == 0) strayAt_ = line_;
  return field;
}

std::string_view CsvScanner::quotedField() {
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
void CsvScanner::countLine() {
  const bool feed = text_[position_] == '\n';
  const bool lone = text_[position_] == '\r' && text_.compare(position_, 2, "\r\n") != 0;
  if (feed || lone) ++line_;
}

}  // namespace eq::data
