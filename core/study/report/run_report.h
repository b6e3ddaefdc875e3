#pragma once

#include <filesystem>
#include <vector>

#include "core/study/report/report.h"

namespace eq::study {

/// A report from run folders: what the command line and the window ask for.
struct RunReportRequest {
  std::vector<std::filesystem::path> folders;
  std::vector<ComparedRun> single = {};  ///< baselines that are in no other folder
  ComparisonRequest comparison = {};
  ValueChoice choice = {};
  ReportOptions options = {};
};
/// \throws Error when a run cannot be read, or the comparison is not possible as it was asked for;
/// where nobody asked for anything, the report says why there is none.
Report reportOfRuns(const RunReportRequest& request);

/// For a POSIX shell: as it is, or in single quotes.
std::string shellWord(const std::string& text);

}  // namespace eq::study
