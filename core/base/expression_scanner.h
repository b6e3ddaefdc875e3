#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace eq {

/// A mistake in the text of an expression, and where it stands: what() is
/// "expression.text: line 1, column 14: expected ), found the end".
class ExpressionError : public Error {
 public:
  ExpressionError(const std::string& message, std::size_t offset)
      : Error(message), offset_(offset) {}

  /// In bytes from the beginning of the text.
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

/// Number of characters at the front that make up a name: letters, digits and _, no digit first.
std::size_t nameLength(std::string_view text);

/// "line 1, column 14" of an offset, counted in characters from 1.
std::string positionIn(std::string_view text, std::size_t offset);

/// Reads the text of an expression piece by piece; white space before a piece is passed over.
class ExpressionScanner {
 public:
  /// \param place for messages, "expression.text". Both must outlive the scanner.
  ExpressionScanner(std::string_view text, std::string_view place) : text_(text), place_(place) {}

  /// Offset of the next piece, or the length of the text.
  std::size_t next();
  /// Offset behind the piece that was read last.
  std::size_t end() const { return at_; }
  bool atEnd() { return next() == text_.size(); }
  bool atNumber();
  bool atQuote();

  /// Passes the first of the symbols that comes next and gives it back, or an empty text.
  std::string take(std::initializer_list<std::string_view> symbols);
  /// Passes the name `word` where it comes next as a whole.
  bool takeWord(std::string_view word);
  /// A name, or an empty text when none comes next.
  std::string name();
  /// \throws ExpressionError when what comes next is no number of type double.
  double number();
  /// A text in " or ', with the escapes of JSON and \'.
  /// \throws ExpressionError when it does not end, or is no UTF-8.
  std::string quoted();

  /// What comes next, for a message.
  std::string found();
  std::string position(std::size_t offset) const { return positionIn(text_, offset); }
  /// \throws ExpressionError "expression.text: line 1, column 14: rule".
  [[noreturn]] void refuse(std::size_t offset, const std::string& rule) const;

 private:
  std::string_view text_;
  std::string_view place_;
  std::size_t at_ = 0;
};

}  // namespace eq
