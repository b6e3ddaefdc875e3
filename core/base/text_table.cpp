#include "core/base/text_table.h"

#include <algorithm>
#include <string_view>

#include "core/base/error.h"
#include "core/base/number_text.h"

namespace eq {
namespace {

using Cell = TextTable::Cell;

std::string csvCell(const Cell& cell) {
  return cell.number ? numberText(*cell.number) : csvField(cell.text);
}

/// A row of texts between separators.
template <typename TextOf>
std::string rowOf(std::size_t columns, std::string_view separator, TextOf textOf) {
  std::string row;
  for (std::size_t i = 0; i < columns; ++i) {
    if (i > 0) row += separator;
    row += textOf(i);
  }
  return row;
}

std::string csvOf(const TextTable& table) {
  const auto width = table.columns.size();
  std::string out =
      rowOf(width, ",", [&](std::size_t i) { return csvField(table.columns[i].name); }) + '\n';
  for (const auto& row : table.rows)
    out += rowOf(width, ",",
                 [&](std::size_t i) {
                   const bool isEmpty = table.columns[i].numeric && row[i].text == "-";
                   return isEmpty && !row[i].number ? std::string() : csvCell(row[i]);
                 }) +
           '\n';
  return out;
}

/// One line in which nothing is markup.
std::string markdownText(const std::string& text) {
  constexpr std::string_view kMarks = "\\`*_{}[]|~$";
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '\n' || c == '\r')
      out += ' ';
    else
      out += kMarks.find(c) == std::string_view::npos ? std::string(1, c) : std::string("\\") + c;
  }
  return out;
}

std::string markdownOf(const TextTable& table) {
  const auto width = table.columns.size();
  const auto line = [&](auto textOf) { return "| " + rowOf(width, " | ", textOf) + " |\n"; };
  std::string out = table.title.empty() ? "" : "**" + markdownText(table.title) + "**\n\n";
  out += line([&](std::size_t i) { return markdownText(table.columns[i].name); });
  out +=
      line([&](std::size_t i) { return std::string(table.columns[i].numeric ? "---:" : ":---"); });
  for (const auto& row : table.rows)
    out += line([&](std::size_t i) { return markdownText(row[i].text); });
  return out;
}

/// A comment ends with its line.
std::string latexComment(std::string text) {
  if (text.empty()) return text;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return "% " + text + '\n';
}

std::string latexOf(const TextTable& table) {
  const auto width = table.columns.size();
  const auto line = [&](auto textOf) { return "  " + rowOf(width, " & ", textOf) + " \\\\\n"; };
  std::string out = latexComment(table.title);
  out += "\\begin{tabular}{";
  for (const auto& column : table.columns) out += column.numeric ? 'r' : 'l';
  out += "}\n  \\hline\n";
  out += line([&](std::size_t i) { return latexText(table.columns[i].name); }) + "  \\hline\n";
  for (const auto& row : table.rows)
    out += line([&](std::size_t i) { return latexText(row[i].text); });
  return out + "  \\hline\n\\end{tabular}\n";
}

std::string tabsOf(const TextTable& table) {
  const auto width = table.columns.size();
  const auto plain = [](std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return text;
  };
  std::string out =
      rowOf(width, "\t", [&](std::size_t i) { return plain(table.columns[i].name); }) + '\n';
  for (const auto& row : table.rows)
    out += rowOf(width, "\t", [&](std::size_t i) { return plain(row[i].text); }) + '\n';
  return out;
}

std::string latexCharacter(char c) {
  constexpr std::string_view kEscaped = "#$%&_{}";
  if (kEscaped.find(c) != std::string_view::npos) return std::string("\\") + c;
  switch (c) {
    case '\\':
      return "\\textbackslash{}";
    case '^':
      return "\\textasciicircum{}";
    case '~':
      return "\\textasciitilde{}";
    case '<':
      return "\\textless{}";
    case '>':
      return "\\textgreater{}";
    case '|':
      return "\\textbar{}";
    case '[':  // after a line's end it would be a length
      return "{[}";
    case '\n':
    case '\r':
      return " ";
    default:
      return {c};
  }
}

}  // namespace

TextTable::Cell numberCell(const std::optional<double>& value, int digits) {
  if (!value) return {"-"};
  return {numberText(*value, digits), *value};
}

TextTable::Cell countCell(long long count) {
  return {std::to_string(count), static_cast<double>(count)};
}

TableFormat tableFormat(const std::string& name) {
  if (name == "csv") return TableFormat::csv;
  if (name == "markdown") return TableFormat::markdown;
  if (name == "latex") return TableFormat::latex;
  fail("expected csv, markdown or latex, found \"{}\"", name);
}

std::string textOf(const TextTable& table, TableFormat format) {
  switch (format) {
    case TableFormat::csv:
      return csvOf(table);
    case TableFormat::markdown:
      return markdownOf(table);
    case TableFormat::latex:
      return latexOf(table);
    case TableFormat::tabs:
      return tabsOf(table);
  }
  return {};
}

std::string csvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string latexText(const std::string& text) {
  std::string out;
  for (const char c : text) out += latexCharacter(c);
  return out;
}

}  // namespace eq
