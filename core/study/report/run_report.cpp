#include "core/study/report/run_report.h"

#include <optional>

#include "core/base/error.h"

namespace eq::study {

Report reportOfRuns(const RunReportRequest& request) {
  std::vector<ComparedRun> compared;
  std::vector<ReportRun> runs;
  for (const auto& folder : request.folders) {
    compared.push_back(readComparedRun(folder, request.choice));
    runs.push_back(readReportRun(folder));
  }
  std::optional<Comparison> comparison;
  std::string whyNot;
  try {
    comparison = compare(compared, request.single, request.comparison);
  } catch (const Error& error) {
    if (!request.comparison.by.empty() || !request.comparison.baseline.empty()) throw;
    whyNot = error.what();
  }
  return makeReport({runs, comparison ? &*comparison : nullptr, whyNot, request.choice},
                    request.options);
}

}  // namespace eq::study
