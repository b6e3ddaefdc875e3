#pragma once

#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/text_table.h"
#include "core/study/comparison.h"
#include "core/study/report/report_run.h"

namespace eq::study {

// A report about runs: what stands in it, and how it reads as one HTML file. The window prints the
// same content as PDF.

/// What a report can hold, in this order.
enum class ReportPart {
  runs,
  differences,
  comparison,
  losses,
  metrics,
  weights,
  norms,
  angles,
  calibration,
  events,
  versions,
  repeat
};
const std::vector<ReportPart>& allReportParts();
/// "losses".
std::string toText(ReportPart part);
/// "losses,metrics"; empty: all. \throws Error naming a part that there is not.
std::set<ReportPart> reportParts(const std::string& text);

struct ReportParagraph {
  std::string text;
};
/// Text that is copied as it is: a command line, a file.
struct ReportCode {
  std::string title;
  std::string text;
  bool folded = false;  ///< long, and shown on demand
};
struct ReportFigure {
  std::string svg;
  std::string caption;  ///< may be empty
};
/// Pictures that stand side by side where there is room.
struct ReportFigures {
  std::vector<ReportFigure> figures;
};
using ReportBlock = std::variant<ReportParagraph, ReportCode, ReportFigures, TextTable>;

struct ReportSection {
  std::string title;
  std::vector<ReportBlock> blocks;
};

struct Report {
  std::string title;
  std::string subtitle;
  std::vector<ReportSection> sections;
};

/// What a report is made of. The comparison, where there is one, is of the same runs.
struct ReportSources {
  const std::vector<ReportRun>& runs;
  const Comparison* comparison;  ///< null: there is nothing to compare
  std::string whyNot;            ///< then
  ValueChoice choice;
};

struct ReportOptions {
  std::set<ReportPart> parts;  ///< empty: all
  std::string title;           ///< empty: by the runs
  std::string command;         ///< that makes the report again; empty: none
  std::string version;         ///< of this program
  double made = 0;             ///< seconds since 1970
};

Report makeReport(const ReportSources& sources, const ReportOptions& options);

/// One page that needs nothing else: no network, a few lines of script for sorting tables and for
/// values on hover, light or dark as the reader's system.
std::string reportAsHtml(const Report& report);

}  // namespace eq::study
