#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/study/report/chart.h"
#include "core/study/report/report.h"

namespace eq::study {

// What `makeReport` is made of.

/// How a run is drawn: colours follow groups where there are any of several runs, else runs.
struct ReportLook {
  std::string name;  ///< unlike those of the others
  int colour = 0;
  std::optional<std::size_t> group = std::nullopt;  ///< of the comparison
};
struct ReportLooks {
  std::vector<ReportLook> runs;
  bool grouped = false;  ///< some group has several runs
  std::vector<LegendEntry> legend;
};
ReportLooks reportLooks(const ReportSources& sources);

/// The tasks of all runs, in the order in which they are met.
std::vector<std::string> tasksOfAll(const std::vector<ReportRun>& runs);
/// "2026-11-29 17:50 UTC".
std::string timeInWords(double seconds);

// A section a part; without blocks where the runs recorded nothing of it.

ReportSection runsSection(const ReportSources& sources, const ReportLooks& looks);
ReportSection differencesSection(const ReportSources& sources, const ReportLooks& looks);
ReportSection comparisonSection(const ReportSources& sources);
/// \param part losses, metrics, weights, norms or angles.
ReportSection curvesSection(const ReportSources& sources, const ReportLooks& looks,
                            ReportPart part);
ReportSection calibrationSection(const ReportSources& sources, const ReportLooks& looks);
ReportSection eventsSection(const ReportSources& sources, const ReportLooks& looks);
ReportSection versionsSection(const ReportSources& sources, const ReportLooks& looks,
                              const std::string& version);
ReportSection repeatSection(const ReportSources& sources, const ReportLooks& looks,
                            const std::string& command);

}  // namespace eq::study
