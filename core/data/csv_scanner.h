#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/warning.h"

namespace eq::data {

/// The separator that a first line `sep=;` names, as spreadsheets write and read it; 0 without.
char separatorLine(std::string_view text);

/// Cuts a text into records and fields (RFC 4180). Escaped quotes are undone in the text itself,
/// which the fields look into.
class CsvScanner {
 public:
  /// \param delimiter ' ' stands for runs of blanks. \param name of the file, for messages.
  CsvScanner(std::string& text, const std::string& name, char delimiter);

  /// The next record that is not blank; false at the end of the text.
  /// \throws Error with the line for a quote that is not closed, or closed too early.
  bool next(std::vector<std::string_view>& fields);

  /// Where the record read last begins; 1 = the first line.
  std::int64_t recordLine() const { return recordLine_; }
  void warnOfQuotes(std::vector<Warning>& warnings) const;

 private:
  bool atDelimiter() const;
  bool atEnd() const { return position_ == text_.size(); }
  bool atLineEnd() const { return text_[position_] == '\n' || text_[position_] == '\r'; }
  void skipBlanks();
  void skipLineEnd();
  std::string_view plainField();
  std::string_view quotedField();
  void countLine();

  std::string& text_;
  const std::string& name_;
  char delimiter_;
  size_t strayQuotes_ = 0;
  std::int64_t strayAt_ = 0;
  size_t position_ = 0;
  std::int64_t line_ = 1;
  std::int64_t recordLine_ = 1;
};

}  // namespace eq::data
