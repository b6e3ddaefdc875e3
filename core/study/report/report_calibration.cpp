#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/study/comparison_text.h"
#include "core/study/report/report_parts.h"

namespace eq::study {
namespace {

/// The bins of one run, or of the runs of a group together.
struct PooledBins {
  std::vector<metric::ReliabilityBin> bins;
  int runs = 0;

  void add(const metric::ClassReport& report) {
    if (bins.empty()) bins.resize(report.bins.size());
    if (bins.size() != report.bins.size()) return;  // of another version
    for (std::size_t i = 0; i < bins.size(); ++i) {
      bins[i].count += report.bins[i].count;
      bins[i].confidence += report.bins[i].confidence;
      bins[i].right += report.bins[i].right;
    }
    ++runs;
  }
};

/// The newest evaluation of the split that says anything of the task; null without one.
const metric::ClassReport* reportOf(const ReportRun& run, const std::string& task,
                                    train::SplitName split) {
  const auto found = std::find(run.tasks.begin(), run.tasks.end(), task);
  const auto index = static_cast<std::size_t>(found - run.tasks.begin());
  for (auto record = run.evaluations.rbegin(); record != run.evaluations.rend(); ++record)
    if (record->split == split)
      if (const auto report = record->reports.find(index); report != record->reports.end())
        return &report->second;
  return nullptr;
}

/// The split that is compared, or validation where no run has reports of that one.
train::SplitName splitOfReports(const ReportSources& sources) {
  for (const auto& run : sources.runs)
    for (const auto& record : run.evaluations)
      if (record.split == sources.choice.split && !record.reports.empty()) return record.split;
  return train::SplitName::validation;
}

ReportFigure figureOf(const PooledBins& pooled, const std::string& name, int colour) {
  const auto errors = metric::calibrationErrors(pooled.bins);
  ReliabilityChart chart;
  chart.title = name;
  chart.subtitle = fmt::format("ECE {}, {} examples", numberText(errors.expected, 4),
                               numberText(errors.count, 9));
  chart.colour = colour;
  chart.bins = pooled.bins;
  return {svgOf(chart),
          pooled.runs > 1 ? fmt::format("examples of {} runs together", pooled.runs) : ""};
}

ReportFigures diagramsOf(const ReportSources& sources, const ReportLooks& looks,
                         const std::string& task, train::SplitName split) {
  std::map<int, std::pair<std::string, PooledBins>> byColour;  // one a run or group
  for (std::size_t i = 0; i < sources.runs.size(); ++i) {
    const auto* report = reportOf(sources.runs[i], task, split);
    if (!report) continue;
    const auto& look = looks.runs[i];
    auto& [name, pooled] = byColour[look.colour];
    name = looks.grouped && look.group ? looks.legend[*look.group].name : look.name;
    pooled.add(*report);
  }
  ReportFigures figures;
  for (const auto& [colour, one] : byColour)
    figures.figures.push_back(figureOf(one.second, one.first, colour));
  return figures;
}

}  // namespace

ReportSection calibrationSection(const ReportSources& sources, const ReportLooks& looks) {
  ReportSection section{"Calibration", {}};
  const auto split = splitOfReports(sources);
  for (const auto& task : tasksOfAll(sources.runs)) {
    auto figures = diagramsOf(sources, looks, task, split);
    if (figures.figures.empty()) continue;
    section.blocks.push_back(ReportParagraph{fmt::format(
        "{}: how often the predicted class was right, over its probability, in the newest "
        "evaluation of the {} split.",
        task, toText(split))});
    section.blocks.push_back(std::move(figures));
  }
  return section;
}

}  // namespace eq::study
