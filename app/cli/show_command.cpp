#include <ostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "core/base/number_text.h"
#include "core/base/text.h"
#include "core/data/table_notes.h"
#include "core/run/lineage.h"
#include "core/run/origin.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/run_values.h"

namespace eq::cli {
namespace {

struct ShowOptions {
  std::string folder;
  bool json = false;
};

nlohmann::json parentAsJson(const run::RunReader& reader) {
  const auto info = reader.info();
  nlohmann::json parent{{"run", info.parent}, {"step", info.parentStep}};
  if (const auto folder = run::parentFolder(info); !folder.empty())
    parent["folder"] = folder.string();
  return parent;
}

nlohmann::json showAsJson(const run::RunReader& reader) {
  const auto info = reader.info();
  const auto evaluations = reader.evaluations();
  const auto tasks = reader.tasks();
  nlohmann::json events = nlohmann::json::array();
  for (const auto& event : reader.events()) events.push_back(train::toJson(event));
  nlohmann::json checkpoints = nlohmann::json::array();
  for (const auto& checkpoint : reader.checkpoints())
    checkpoints.push_back({{"step", checkpoint.step}, {"path", checkpoint.path.string()}});
  nlohmann::json shown{{"name", info.name},
                       {"steps", info.steps},
                       {"total_steps", info.totalSteps},
                       {"state", toText(info.state)},
                       {"final", run::finalValues(evaluations, tasks)},
                       {"best", run::bestValues(evaluations, tasks,
                                                run::lossesSince(reader.events(), tasks.size()))},
                       {"intervals", run::toJson(run::finalIntervals(evaluations, tasks))},
                       {"events", events},
                       {"checkpoints", checkpoints}};
  if (!info.title.empty()) shown["title"] = info.title;
  if (!info.message.empty()) shown["message"] = info.message;
  if (!info.parent.empty()) shown["parent"] = parentAsJson(reader);
  if (const auto origin = run::originOf(reader))
    shown["origin"] = {{"from", origin->from}, {"place", origin->place}};
  return shown;
}

/// "95 % in 0.91 to 0.97"; empty where the value has no interval.
std::string intervalText(const run::Intervals& intervals, const std::string& task,
                         const std::string& split, const std::string& metric) {
  const auto ofTask = intervals.find(task);
  if (ofTask == intervals.end() || !ofTask->second.contains(split)) return {};
  const auto& metrics = ofTask->second.at(split);
  const auto found = metrics.find(metric);
  if (found == metrics.end()) return {};
  return fmt::format("  {:.0f} % in {} to {}", 100 * found->second.confidence,
                     numberText(found->second.low, 6), numberText(found->second.high, 6));
}

/// "-" where none counts.
std::string bestText(const run::Values& best, const std::string& task, const std::string& split,
                     const std::string& metric) {
  const auto& metrics = best.at(task).at(split);
  const auto found = metrics.find(metric);
  return found == metrics.end() ? "-" : numberText(found->second, 6);
}

void printValues(const run::RunReader& reader, std::ostream& out) {
  const auto evaluations = reader.evaluations();
  const auto since = run::lossesSince(reader.events(), reader.tasks().size());
  const auto best = run::bestValues(evaluations, reader.tasks(), since);
  const auto intervals = run::finalIntervals(evaluations, reader.tasks());
  for (const auto& [task, splits] : run::finalValues(evaluations, reader.tasks()))
    for (const auto& [split, metrics] : splits)
      for (const auto& [metric, value] : metrics)
        out << fmt::format("  {:<16} {:<11} {:<10} {:<12} best {}{}\n", task, split, metric,
                           numberText(value, 6), bestText(best, task, split, metric),
                           intervalText(intervals, task, split, metric));
}

void print(const run::RunReader& reader, std::ostream& out) {
  const auto info = reader.info();
  out << fmt::format("{}: {}, {} of {} steps\n", info.folder.string(), toText(info.state),
                     info.steps, info.totalSteps);
  if (!info.title.empty()) out << "  called " << info.title << '\n';
  if (!info.message.empty()) out << "  " << info.message << '\n';
  if (!info.parent.empty())
    out << fmt::format("  forked from {} at step {}\n", info.parent, info.parentStep);
  if (const auto origin = run::originOf(reader))
    out << fmt::format("  made by {}\n", inWords(*origin));
  printValues(reader, out);
  for (const auto& event : reader.events()) {
    out << fmt::format("  step {:<8} {}\n", event.step, event.text);
    if (event.kind == "table" && event.detail.contains("table"))
      for (const auto& line : data::tableLines(event.detail.at("table")))
        out << "                " << line << '\n';
  }
}

}  // namespace

void addShowCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ShowOptions>();
  auto* command = app.add_subcommand("show", "Print a run's state, values, events, checkpoints");
  command->add_option("RUN", options->folder, "Run folder, or a folder that holds one run")
      ->required();
  command->add_flag("--json", options->json, "For machines; null where a value is not a number");
  command->callback([options, &context] {
    const run::RunReader reader(run::runFolder(options->folder));
    if (options->json)
      context.out << jsonText(showAsJson(reader), 2) << '\n';
    else
      print(reader, context.out);
  });
}

}  // namespace eq::cli
