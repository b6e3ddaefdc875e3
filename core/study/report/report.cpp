#include "core/study/report/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/study/comparison_tables.h"
#include "core/study/comparison_text.h"
#include "core/study/report/report_parts.h"

namespace eq::study {
namespace {

std::string titleOf(const ReportSources& sources, const std::vector<ReportLook>& looks) {
  if (looks.size() == 1) return looks[0].name;
  std::string title;
  for (const auto& run : sources.runs)
    if (title.find(run.info.name) == std::string::npos)
      title += (title.empty() ? "" : ", ") + run.info.name;
  return title.empty() ? "Runs" : title;
}

ReportSection sectionOf(ReportPart part, const ReportSources& sources, const ReportLooks& looks,
                        const ReportOptions& options) {
  switch (part) {
    case ReportPart::runs:
      return runsSection(sources, looks);
    case ReportPart::differences:
      return differencesSection(sources, looks);
    case ReportPart::comparison:
      return comparisonSection(sources);
    case ReportPart::calibration:
      return calibrationSection(sources, looks);
    case ReportPart::events:
      return eventsSection(sources, looks);
    case ReportPart::versions:
      return versionsSection(sources, looks, options.version);
    case ReportPart::repeat:
      return repeatSection(sources, looks, options.command);
    default:
      return curvesSection(sources, looks, part);
  }
}

}  // namespace

const std::vector<ReportPart>& allReportParts() {
  static const std::vector<ReportPart> kAll{
      ReportPart::runs,        ReportPart::differences, ReportPart::comparison, ReportPart::losses,
      ReportPart::metrics,     ReportPart::weights,     ReportPart::norms,      ReportPart::angles,
      ReportPart::calibration, ReportPart::events,      ReportPart::versions,   ReportPart::repeat};
  return kAll;
}

std::string toText(ReportPart part) {
  static const std::vector<std::string> kNames{
      "runs",  "differences", "comparison",  "losses", "metrics",  "weights",
      "norms", "angles",      "calibration", "events", "versions", "repeat"};
  return kNames[static_cast<std::size_t>(part)];
}

std::set<ReportPart> reportParts(const std::string& text) {
  std::set<ReportPart> parts;
  for (const auto& name : splitAtCommas(text)) {
    const auto& all = allReportParts();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](ReportPart part) { return toText(part) == name; });
    if (found == all.end()) {
      std::vector<std::string> names;
      for (const auto part : all) names.push_back(toText(part));
      fail("--parts: there is no part \"{}\"; there are {}", name, fmt::join(names, ", "));
    }
    parts.insert(*found);
  }
  return parts;
}

Report makeReport(const ReportSources& sources, const ReportOptions& options) {
  const auto looks = reportLooks(sources);
  Report report;
  report.title = options.title.empty() ? titleOf(sources, looks.runs) : options.title;
  report.subtitle =
      fmt::format("{} run{}, {}; made by Equipoise {}", sources.runs.size(),
                  sources.runs.size() == 1 ? "" : "s", timeInWords(options.made), options.version);
  for (const auto part : allReportParts()) {
    if (!options.parts.empty() && !options.parts.contains(part)) continue;
    auto section = sectionOf(part, sources, looks, options);
    if (!section.blocks.empty()) report.sections.push_back(std::move(section));
  }
  return report;
}

ReportLooks reportLooks(const ReportSources& sources) {
  ReportLooks looks;
  const auto names = reportNames(sources.runs);
  for (const auto& name : names) looks.runs.push_back({name});
  const auto* comparison = sources.comparison;
  for (std::size_t g = 0; comparison && g < comparison->groups.size(); ++g)
    for (const auto* member : comparison->groups[g].runs)
      for (std::size_t i = 0; i < sources.runs.size(); ++i)
        if (sources.runs[i].info.folder == member->folder) looks.runs[i].group = g;
  looks.grouped = comparison && std::any_of(comparison->groups.begin(), comparison->groups.end(),
                                            [](const auto& g) { return g.runs.size() > 1; });
  int next = looks.grouped ? static_cast<int>(comparison->groups.size()) : 0;
  for (auto& look : looks.runs)
    look.colour = looks.grouped && look.group ? static_cast<int>(*look.group) : next++;
  if (looks.grouped)
    for (std::size_t g = 0; g < comparison->groups.size(); ++g)
      looks.legend.push_back(
          {fmt::format("{}: {}, n = {}", groupLetter(g), fieldsInWords(comparison->groups[g]),
                       comparison->groups[g].runs.size()),
           static_cast<int>(g)});
  for (const auto& look : looks.runs)
    if (!looks.grouped || !look.group) looks.legend.push_back({look.name, look.colour});
  return looks;
}

ReportSection comparisonSection(const ReportSources& sources) {
  ReportSection section{"Comparison", {}};
  if (!sources.comparison) {
    if (!sources.whyNot.empty()) section.blocks.push_back(ReportParagraph{sources.whyNot});
    return section;
  }
  for (const auto& remark : sources.comparison->remarks)
    section.blocks.push_back(ReportParagraph{remark});
  section.blocks.push_back(groupTable(*sources.comparison));
  auto metrics = metricTable(*sources.comparison, sources.choice);
  if (metrics.rows.empty())
    section.blocks.push_back(ReportParagraph{
        fmt::format("No run has an evaluation of the {} split.", toText(sources.choice.split))});
  else
    section.blocks.push_back(std::move(metrics));
  if (!sources.comparison->tests.empty()) section.blocks.push_back(testTable(*sources.comparison));
  return section;
}

}  // namespace eq::study
