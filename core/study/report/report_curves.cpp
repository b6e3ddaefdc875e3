#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "core/study/band.h"
#include "core/study/report/report_parts.h"
#include "core/train/series_name.h"

namespace eq::study {
namespace {

using train::seriesName;

constexpr std::size_t kMostCurves = 48;      // charts a section
constexpr std::size_t kMostUndrawable = 40;  // marks a chart

/// A series, and what its chart says.
struct CurveSpec {
  std::string series, title, yLabel;
  std::optional<std::pair<double, double>> yRange = std::nullopt;
  bool mayBeLogarithmic = false;
};

void addPairs(std::vector<CurveSpec>& specs, const std::vector<std::string>& tasks) {
  for (std::size_t i = 0; i < tasks.size(); ++i)
    for (std::size_t j = i + 1; j < tasks.size(); ++j)
      specs.push_back({seriesName({"angle", tasks[i], tasks[j]}), tasks[i] + " – " + tasks[j],
                       "angle in degrees", std::pair(0.0, 180.0)});
}

/// The first metric of a task in any run, and its loss: over the validation split.
void addMetrics(std::vector<CurveSpec>& specs, const ReportSources& sources,
                const std::string& task) {
  std::set<std::string> metrics{"loss"};
  if (sources.comparison)
    for (const auto& group : sources.comparison->groups)
      for (const auto* run : group.runs)
        if (const auto* found = run->task(task)) metrics.insert(found->firstMetric);
  for (const auto& metric : metrics)
    specs.push_back({seriesName({"validation", task, metric}), task + ", validation " + metric,
                     metric, std::nullopt, metric == "loss"});
}

std::vector<CurveSpec> specsOf(const ReportSources& sources, ReportPart part) {
  std::vector<CurveSpec> specs;
  const auto tasks = tasksOfAll(sources.runs);
  if (part == ReportPart::angles) addPairs(specs, tasks);
  for (const auto& task : tasks) {
    if (part == ReportPart::losses)
      specs.push_back({seriesName({"loss", task}), task, "loss of the batch", {}, true});
    if (part == ReportPart::weights)
      specs.push_back({seriesName({"weight", task}), task, "weight"});
    if (part == ReportPart::norms)
      specs.push_back({seriesName({"norm", task}), task, "gradient norm", {}, true});
    if (part == ReportPart::metrics) addMetrics(specs, sources, task);
  }
  return specs;
}

const ReportSeries* seriesOf(const ReportRun& run, const std::string& name) {
  const auto found = run.series.find(name);
  return found == run.series.end() ? nullptr : &found->second;
}

void addRunLine(Chart& chart, const ReportSeries& series, const ReportLook& look, bool pale) {
  chart.lines.push_back({look.name, look.colour, series.step, series.value, pale});
  for (std::size_t i = 0; i < series.value.size(); ++i)
    if (!std::isfinite(series.value[i]) && chart.undrawable.size() < kMostUndrawable)
      chart.undrawable.push_back(series.step[i]);
}

/// Mean and interval of a group, over its members' pale lines.
void addGroup(Chart& chart, const std::vector<const ReportSeries*>& members, std::size_t group,
              const std::string& name) {
  std::vector<Member> spans;
  for (const auto* one : members) spans.push_back({one->step, one->step, one->value});
  auto band = bandOf(spans, Centre::mean, Spread::interval);
  chart.bands.push_back({static_cast<int>(group), band.position, band.low, band.high});
  chart.lines.push_back({name, static_cast<int>(group), band.position, band.centre, false});
}

Chart chartOf(const CurveSpec& spec, const ReportSources& sources, const ReportLooks& looks) {
  Chart chart;
  chart.title = spec.title;
  chart.xLabel = "step";
  chart.yLabel = spec.yLabel;
  chart.yRange = spec.yRange;
  chart.mayBeLogarithmic = spec.mayBeLogarithmic;
  std::map<std::size_t, std::vector<const ReportSeries*>> members;
  for (std::size_t i = 0; i < sources.runs.size(); ++i) {
    const auto* series = seriesOf(sources.runs[i], spec.series);
    if (!series || series->step.empty()) continue;
    const auto& look = looks.runs[i];
    const bool grouped =
        looks.grouped && look.group && sources.comparison->groups[*look.group].runs.size() > 1;
    addRunLine(chart, *series, look, grouped);
    if (grouped) members[*look.group].push_back(series);
  }
  for (const auto& [group, series] : members)
    addGroup(chart, series, group, looks.legend[group].name);
  return chart;
}

std::string titleOfCurves(ReportPart part) {
  switch (part) {
    case ReportPart::losses:
      return "Losses";
    case ReportPart::metrics:
      return "Metrics";
    case ReportPart::weights:
      return "Weights";
    case ReportPart::norms:
      return "Gradient norms";
    default:
      return "Angles between gradients";
  }
}

}  // namespace

std::vector<std::string> tasksOfAll(const std::vector<ReportRun>& runs) {
  std::vector<std::string> tasks;
  for (const auto& run : runs)
    for (const auto& task : run.tasks)
      if (std::find(tasks.begin(), tasks.end(), task) == tasks.end()) tasks.push_back(task);
  return tasks;
}

ReportSection curvesSection(const ReportSources& sources, const ReportLooks& looks,
                            ReportPart part) {
  ReportSection section{titleOfCurves(part), {}};
  ReportFigures figures;
  std::size_t leftOut = 0;
  for (const auto& spec : specsOf(sources, part)) {
    const auto chart = chartOf(spec, sources, looks);
    if (chart.lines.empty()) continue;
    if (figures.figures.size() < kMostCurves)
      figures.figures.push_back({svgOf(chart), pointsInWords(chart)});
    else
      ++leftOut;
  }
  if (figures.figures.empty()) return section;
  if (looks.grouped)
    section.blocks.push_back(
        ReportParagraph{"Means over the runs of a group with their 95 % interval (Student's t); "
                        "pale lines are the runs."});
  if (looks.legend.size() > 1) section.blocks.push_back(ReportFigures{{{svgOf(looks.legend), ""}}});
  section.blocks.push_back(std::move(figures));
  if (leftOut > 0)
    section.blocks.push_back(
        ReportParagraph{fmt::format("{} more are not drawn; the window shows them.", leftOut)});
  return section;
}

}  // namespace eq::study
