#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace eq::loss {

/// Number of characters at the front that make up a name: letters, digits and _, no digit first.
std::size_t nameLength(std::string_view text);

/// Reads the text of a formula piece by piece; white space before a piece is passed over.
class ExpressionScanner {
 public:
  /// \param place for messages, "expression.text". Both must outlive the scanner.
  ExpressionScanner(std::string_view text, std::string_view place) : text_(text), place_(place) {}

  /// Offset of the next piece, or the length of the text.
  std::size_t next();
  bool atEnd() { return next() == text_.size(); }
  bool atNumber();

  /// Passes the first of the symbols that comes next and gives it back, or an empty text.
  std::string take(std::initializer_list<std::string_view> symbols);
  /// A name, or an empty text when none comes next.
  std::string name();
  /// \throws Error when what comes next is no number of type double.
  double number();

  /// What comes next, for a message.
  std::string found();
  /// "line 1, column 14" of an offset, counted in characters from 1.
  std::string position(std::size_t offset) const;
  /// \throws Error "expression.text: line 1, column 14: rule".
  [[noreturn]] void refuse(std::size_t offset, const std::string& rule) const;

 private:
  std::string_view text_;
  std::string_view place_;
  std::size_t at_ = 0;
};

}  // namespace eq::loss
