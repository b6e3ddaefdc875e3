#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/study/report/chart.h"
#include "core/study/report/report.h"
#include "core/study/report/report_page.h"

namespace eq::study {
namespace {

std::string cellHtml(const TextTable::Cell& cell, bool numeric) {
  std::string out = numeric ? "<td class=\"n\"" : "<td";
  if (cell.number) {
    const auto exact = numberText(*cell.number);
    out += fmt::format(" data-v=\"{}\"", exact);
    if (exact != cell.text) out += fmt::format(" title=\"{}\"", exact);
  }
  return out + ">" + escaped(cell.text) + "</td>";
}

struct BlockWriter {
  std::string& out;

  void operator()(const ReportParagraph& paragraph) const {
    out += "<p>" + escaped(paragraph.text) + "</p>\n";
  }

  void operator()(const ReportCode& code) const {
    const auto text = "<pre>" + escaped(code.text) + "</pre>";
    if (code.folded)
      out += "<details><summary>" + escaped(code.title) + "</summary>" + text + "</details>\n";
    else
      out += "<h3>" + escaped(code.title) + "</h3>" + text + "\n";
  }

  void operator()(const ReportFigures& figures) const {
    out += "<div class=\"figures\">\n";
    for (const auto& figure : figures.figures) {
      out += "<figure>";
      out += figure.svg;
      if (!figure.caption.empty())
        out += "<figcaption>" + escaped(figure.caption) + "</figcaption>";
      out += "</figure>\n";
    }
    out += "</div>\n";
  }

  void operator()(const TextTable& table) const {
    if (!table.title.empty()) out += "<h3>" + escaped(table.title) + "</h3>";
    out += "<div class=\"wide\"><table><thead><tr>";
    for (const auto& column : table.columns)
      out += fmt::format("<th{}><button type=\"button\">{}</button></th>",
                         column.numeric ? " class=\"n\"" : "", escaped(column.name));
    out += "</tr></thead><tbody>\n";
    for (const auto& row : table.rows) {
      out += "<tr>";
      for (std::size_t i = 0; i < table.columns.size(); ++i)
        out += cellHtml(row[i], table.columns[i].numeric);
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
  }
};

}  // namespace

std::string reportAsHtml(const Report& report) {
  std::string out = pageBegin(escaped(report.title));
  out += "<header><h1>" + escaped(report.title) + "</h1><p>" + escaped(report.subtitle) +
         "</p></header>\n";
  for (const auto& section : report.sections) {
    out += "<section><h2>" + escaped(section.title) + "</h2>\n";
    for (const auto& block : section.blocks) std::visit(BlockWriter{out}, block);
    out += "</section>\n";
  }
  return out + pageEnd();
}

}  // namespace eq::study
