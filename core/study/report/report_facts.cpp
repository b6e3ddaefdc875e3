#include <algorithm>
#include <ctime>
#include <set>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/base/text.h"
#include "core/study/comparison_text.h"
#include "core/study/report/report_parts.h"
#include "core/study/run_difference.h"
#include "core/train/complete_experiment.h"

namespace eq::study {
namespace {

using nlohmann::json;

constexpr std::size_t kMostEvents = 400;
constexpr std::size_t kLongestEvent = 240;  // bytes

std::string jsonInWords(const json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : jsonText(value);
}

std::string parentOf(const run::RunInfo& info) {
  return info.parent.empty() ? "" : fmt::format("{}, step {}", info.parent, info.parentStep);
}

std::string stepsOf(const run::RunInfo& info) {
  return info.steps == info.totalSteps ? std::to_string(info.steps)
                                       : fmt::format("{} of {}", info.steps, info.totalSteps);
}

/// Columns that hold nothing in any row say nothing; the first stays.
void dropEmptyColumns(TextTable& table) {
  for (std::size_t i = table.columns.size(); i-- > 1;) {
    const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                   [i](const auto& row) { return row[i].text.empty(); });
    if (!empty) continue;
    const auto place = static_cast<std::ptrdiff_t>(i);
    table.columns.erase(table.columns.begin() + place);
    for (auto& row : table.rows) row.erase(row.begin() + place);
  }
}

/// Fields in which the runs differ, a column each.
TextTable fieldTable(const ReportSources& sources, const ReportLooks& looks) {
  std::vector<const json*> experiments;
  for (const auto& run : sources.runs) experiments.push_back(&run.experiment);
  TextTable table{"Fields that differ", {{"run"}}, {}};
  for (const auto& look : looks.runs) table.rows.push_back({{look.name}});
  for (const auto& path : train::writtenPaths(experiments)) {
    std::vector<json> values;
    for (const auto& run : sources.runs)
      values.push_back(train::fieldAt(run.complete, path).value_or(nullptr));
    if (std::all_of(values.begin(), values.end(), [&](const auto& v) { return v == values[0]; }))
      continue;
    const bool numeric = std::all_of(values.begin(), values.end(),
                                     [](const auto& v) { return v.is_number() || v.is_null(); });
    table.columns.push_back({path, numeric});
    for (std::size_t i = 0; i < values.size(); ++i) {
      TextTable::Cell cell{jsonInWords(values[i])};
      if (values[i].is_number()) cell.number = values[i].get<double>();
      table.rows[i].push_back(std::move(cell));
    }
  }
  return table;
}

void addEvents(TextTable& table, const std::string& run, const std::string& only,
               const std::vector<train::EventRecord>& events) {
  for (const auto& event : events)
    table.rows.push_back({{run},
                          {only},
                          countCell(event.step),
                          {std::string(cutAt(printable(event.text), kLongestEvent))}});
}

/// Commands and notes that the first run got and another did not, or the other way round.
TextTable eventDifferences(const ReportSources& sources, const ReportLooks& looks) {
  TextTable table{"Commands and notes that differ from " + looks.runs[0].name,
                  {{"run"}, {"had by"}, {"step", true}, {"event"}},
                  {}};
  const run::RunReader first(sources.runs[0].info.folder);
  for (std::size_t i = 1; i < sources.runs.size(); ++i) {
    const auto difference = differenceOf(first, run::RunReader(sources.runs[i].info.folder));
    addEvents(table, looks.runs[i].name, "the first only", difference.firstEvents);
    addEvents(table, looks.runs[i].name, "this one only", difference.secondEvents);
  }
  return table;
}

std::string splitSizes(const json& data) {
  if (!data.is_object()) return {};
  std::string sizes;
  for (const char* split : {"train", "validation", "test"})
    sizes += (sizes.empty() ? "" : " / ") + jsonInWords(data.value(split, json()));
  return sizes;
}

std::string hashOfSplit(const json& data, const std::string& split) {
  if (!data.is_object()) return {};
  const auto splits = data.value("splits", json::object());
  if (!splits.is_object() || !splits.contains(split) || !splits.at(split).is_object())
    return split == "train" ? data.value("sha256", std::string()) : std::string();
  return splits.at(split).value("sha256", std::string());
}

}  // namespace

std::string timeInWords(double seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return {};
  char text[32];
  const auto size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
  return {text, size};
}

ReportSection runsSection(const ReportSources& sources, const ReportLooks& looks) {
  TextTable table{"",
                  {{"run"},
                   {"group"},
                   {"state"},
                   {"steps", true},
                   {"seed", true},
                   {"begun"},
                   {"forked from"},
                   {"tag"},
                   {"note"},
                   {"why it failed"},
                   {"folder"}},
                  {}};
  for (std::size_t i = 0; i < sources.runs.size(); ++i) {
    const auto& run = sources.runs[i];
    const auto seed = train::fieldAt(run.complete, "seed").value_or(nullptr);
    table.rows.push_back({{looks.runs[i].name},
                          {looks.runs[i].group ? groupLetter(*looks.runs[i].group) : ""},
                          {toText(run.info.state)},
                          {stepsOf(run.info), static_cast<double>(run.info.steps)},
                          {jsonInWords(seed)},
                          {timeInWords(run.info.created)},
                          {parentOf(run.info)},
                          {run.labels.tag},
                          {run.labels.note},
                          {run.info.message},
                          {run.info.folder.string()}});
  }
  dropEmptyColumns(table);
  return {"Runs", {std::move(table)}};
}

ReportSection differencesSection(const ReportSources& sources, const ReportLooks& looks) {
  ReportSection section{"What differs", {}};
  if (sources.runs.size() < 2) return section;
  auto fields = fieldTable(sources, looks);
  if (fields.columns.size() > 1)
    section.blocks.push_back(std::move(fields));
  else
    section.blocks.push_back(ReportParagraph{"The experiments say the same in all fields."});
  auto events = eventDifferences(sources, looks);
  if (!events.rows.empty()) section.blocks.push_back(std::move(events));
  return section;
}

ReportSection eventsSection(const ReportSources& sources, const ReportLooks& looks) {
  TextTable table{"", {{"run"}, {"step", true}, {"seconds", true}, {"kind"}, {"event"}}, {}};
  std::size_t leftOut = 0;
  for (std::size_t i = 0; i < sources.runs.size(); ++i)
    for (const auto& event : sources.runs[i].events) {
      if (event.kind == "checkpoint") continue;
      if (table.rows.size() == kMostEvents) {
        ++leftOut;
        continue;
      }
      table.rows.push_back({{looks.runs[i].name},
                            countCell(event.step),
                            numberCell(event.seconds, 4),
                            {event.kind},
                            {std::string(cutAt(printable(event.text), kLongestEvent))}});
    }
  ReportSection section{"Events", {}};
  if (table.rows.empty()) return section;
  section.blocks.push_back(std::move(table));
  if (leftOut > 0)
    section.blocks.push_back(ReportParagraph{
        fmt::format("{} more events are left out; `equipoise-cli show RUN` has all.", leftOut)});
  return section;
}

ReportSection versionsSection(const ReportSources& sources, const ReportLooks& looks,
                              const std::string& version) {
  TextTable table{"",
                  {{"run"},
                   {"LibTorch"},
                   {"device"},
                   {"threads", true},
                   {"data"},
                   {"training / validation / test"},
                   {"SHA-256 of training"},
                   {"of validation"},
                   {"of test"}},
                  {}};
  for (std::size_t i = 0; i < sources.runs.size(); ++i) {
    const auto& run = sources.runs[i];
    const auto known = [&](const char* key) {
      return run.machinery.is_object() ? jsonInWords(run.machinery.value(key, json())) : "";
    };
    const auto data = train::fieldAt(run.complete, "data.id").value_or(nullptr);
    table.rows.push_back({{looks.runs[i].name},
                          {known("torch")},
                          {known("device")},
                          {known("threads")},
                          {jsonInWords(data)},
                          {splitSizes(run.data)},
                          {hashOfSplit(run.data, "train")},
                          {hashOfSplit(run.data, "validation")},
                          {hashOfSplit(run.data, "test")}});
  }
  dropEmptyColumns(table);
  return {
      "Versions and data",
      {ReportParagraph{"This report was made by Equipoise " + version + "."}, std::move(table)}};
}

}  // namespace eq::study
