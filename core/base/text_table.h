#pragma once

#include <optional>
#include <string>
#include <vector>

namespace eq {

/// A table as people read it and take it along: into a spreadsheet, a README, a paper.
struct TextTable {
  struct Column {
    std::string name;
    bool numeric = false;  ///< aligned at the right
  };
  struct Cell {
    std::string text;                             ///< as people read it
    std::optional<double> number = std::nullopt;  ///< exact, where the text is a rounded number
  };
  std::string title;  ///< empty: none
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`
};

/// A number to so many significant digits; "-" where there is none.
TextTable::Cell numberCell(const std::optional<double>& value, int digits = 5);
/// A whole number, written out.
TextTable::Cell countCell(long long count);

enum class TableFormat {
  csv,       ///< RFC 4180 with a header line; numbers read back exactly, empty where there is none
  markdown,  ///< a pipe table, its title above it in bold
  latex,     ///< `tabular`, all special characters escaped
  tabs       ///< as it reads, for a spreadsheet: cells end with tabs, a tab in one is a blank
};
/// csv, markdown or latex. \throws Error for anything else.
TableFormat tableFormat(const std::string& name);

/// The table in a format, with a line break at its end.
std::string textOf(const TextTable& table, TableFormat format);

/// A field of a CSV file: in quotes where RFC 4180 wants them.
std::string csvField(const std::string& text);
/// As LaTeX prints it: its special characters escaped.
std::string latexText(const std::string& text);

}  // namespace eq
