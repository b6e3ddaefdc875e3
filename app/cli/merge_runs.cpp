#include "app/cli/merge_runs.h"

#include <filesystem>
#include <ostream>

#include "app/cli/end_signals.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/base/text_table.h"
#include "core/run/run_argument.h"
#include "core/run/run_scripts.h"

namespace eq::cli {
namespace {

using nlohmann::json;

/// Ctrl-C before the run folder stands.
struct MergeInterrupted {};

TextTable::Cell cellOf(const json& value) {
  return numberCell(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
}

TextTable::Cell textCell(const json& value, const std::string& none = {}) {
  return {value.is_null() ? none : value.get<std::string>(), std::nullopt};
}

/// A row a task: base, each run, merged, normalised.
TextTable scoreTable(const json& report) {
  TextTable table;
  table.columns = {{"task", false}, {"metric", false}, {"base", true}};
  for (const auto& run : report.at("runs")) table.columns.push_back({run.get<std::string>(), true});
  for (const char* name : {"merged", "normalised"}) table.columns.push_back({name, true});
  table.columns.push_back({"head of", false});
  for (const auto& task : report.at("tasks")) {
    const auto& values = task.at("validation");
    auto& row = table.rows.emplace_back();
    row = {textCell(task.at("task")), textCell(task.at("metric")), cellOf(values.at("base"))};
    for (const auto& value : values.at("experts")) row.push_back(cellOf(value));
    row.push_back(cellOf(values.at("merged")));
    row.push_back(cellOf(values.at("normalised")));
    row.push_back(textCell(task.at("head"), "the base"));
  }
  return table;
}

void printReport(const json& report, const std::filesystem::path& out, std::ostream& stream) {
  stream << out.string() << '\n';
  if (!report.at("lambda").is_null()) stream << "λ " << report.at("lambda").dump() << '\n';
  stream << "validation split\n" << textOf(scoreTable(report), TableFormat::markdown);
  const auto& mean = report.at("mean").at("validation");
  stream << fmt::format("mean normalised {}{}\n", cellOf(mean.at("normalised")).text,
                        mean.at("undefined") == 0 ? ""
                                                  : fmt::format(", undefined for {} of {} tasks",
                                                                mean.at("undefined").get<int>(),
                                                                report.at("tasks").size()));
}

/// The losses of base and experts may be programs.
void trustRuns(const run::MergeRequest& request) {
  trustScripts(run::untrustedScripts(run::runArgument(request.base).folder));
  for (const auto& given : request.runs)
    if (!std::filesystem::is_regular_file(given))
      trustScripts(run::untrustedScripts(run::runArgument(given).folder));
}

}  // namespace

void mergeRuns(const MergeRunsOptions& options, Context& context) {
  if (options.trust) trustRuns(options.request);
  const EndSignals signals;
  try {
    const auto outcome = run::mergeRuns(options.request, [&](const std::string& part) {
      if (EndSignals::arrived()) throw MergeInterrupted();
      if (!options.json) context.err << printable(part) << '\n';
    });
    for (const auto& warning : outcome.warnings)
      context.err << printable("warning: " + warning) << '\n';
    if (options.json)
      context.out << jsonText(outcome.report, 2) << '\n';
    else
      printReport(outcome.report, options.request.out, context.out);
  } catch (const MergeInterrupted&) {
    context.err << "interrupted before the run folder was made; nothing was written\n";
    context.exitCode = 128 + EndSignals::arrived();
  }
}

}  // namespace eq::cli
