#include "core/base/expression_scanner.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

namespace eq {
namespace {

constexpr std::size_t kLongestQuote = 40;  // of the text, in a message

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continuesCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // of UTF-8
}

}  // namespace

std::size_t nameLength(std::string_view text) {
  if (text.empty() || !isLetter(text[0])) return 0;
  const auto end =
      std::find_if(text.begin(), text.end(), [](char c) { return !isLetter(c) && !isDigit(c); });
  return static_cast<std::size_t>(end - text.begin());
}

std::string positionIn(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  const auto characters =
      std::count_if(line.begin(), line.end(), [](char c) { return !continuesCharacter(c); });
  return fmt::format("line {}, column {}", std::count(before.begin(), before.end(), '\n') + 1,
                     characters + 1);
}

std::size_t ExpressionScanner::next() {
  return at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
}

bool ExpressionScanner::atNumber() {
  return !atEnd() && (isDigit(text_[at_]) || text_[at_] == '.');
}

bool ExpressionScanner::atQuote() {
  return !atEnd() && (text_[at_] == '"' || text_[at_] == '\'');
}

std::string ExpressionScanner::take(std::initializer_list<std::string_view> symbols) {
  const auto rest = text_.substr(next());
  for (const auto symbol : symbols)
    if (rest.starts_with(symbol)) return at_ += symbol.size(), std::string(symbol);
  return {};
}

bool ExpressionScanner::takeWord(std::string_view word) {
  const auto rest = text_.substr(next());
  if (rest.substr(0, nameLength(rest)) != word) return false;
  at_ += word.size();
  return true;
}

std::string ExpressionScanner::name() {
  const auto rest = text_.substr(next());
  const auto length = nameLength(rest);
  at_ += length;
  return std::string(rest.substr(0, length));
}

double ExpressionScanner::number() {
  const auto rest = text_.substr(next());
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  const auto length = static_cast<std::size_t>(end - rest.data());
  if (error == std::errc::result_out_of_range)
    refuse(at_, fmt::format("the number {} does not fit into a double",
                            rest.substr(0, std::min(length, kLongestQuote))));
  if (error != std::errc()) refuse(at_, "expected a number, found " + found());
  at_ += length;
  return value;
}

std::string ExpressionScanner::quoted() {
  const auto start = next();
  const char quote = text_[start];
  std::string json = "\"";
  for (at_ = start + 1; at_ < text_.size() && text_[at_] != quote; ++at_) {
    const bool isEscape = text_[at_] == '\\' && at_ + 1 < text_.size();
    if (isEscape && text_[at_ + 1] != '\'') json += text_[at_];
    if (isEscape) ++at_;
    if (!isEscape && text_[at_] == '"') json += '\\';
    json += text_[at_];
  }
  if (at_ == text_.size()) refuse(start, fmt::format("the text that {} begins has no end", quote));
  ++at_;
  const auto value = nlohmann::json::parse(json + '"', nullptr, false);
  if (!value.is_string()) refuse(start, "the text is no UTF-8, or has an unknown escape after \\");
  return value.get<std::string>();
}

std::string ExpressionScanner::found() {
  if (atEnd()) return "the end";
  const auto rest = text_.substr(at_);
  if (const auto length = nameLength(rest); length > 0)
    return std::string(rest.substr(0, std::min(length, kLongestQuote)));
  const auto code = static_cast<unsigned char>(rest[0]);
  if (code < 0x20 || code == 0x7F) return fmt::format("the character of code {}", code);
  std::size_t length = 1;
  while (length < rest.size() && length < 4 && continuesCharacter(rest[length])) ++length;
  return std::string(rest.substr(0, length));
}

void ExpressionScanner::refuse(std::size_t offset, const std::string& rule) const {
  throw ExpressionError(fmt::format("{}: {}: {}", place_, position(offset), rule), offset);
}

}  // namespace eq
