#include <chrono>
#include <filesystem>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/compared_runs.h"
#include "app/cli/window_program.h"
#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/study/comparison_runs.h"
#include "core/study/report/report.h"
#include "core/study/report/run_report.h"

namespace eq::cli {
namespace {

namespace fs = std::filesystem;

struct ReportCommandOptions {
  ComparisonOptions comparison;
  std::string to, parts, title;
  bool json = false;
};

/// The arguments of this command, for a shell or for the window's program.
std::vector<std::string> argumentsOf(const ReportCommandOptions& options) {
  const auto& asked = options.comparison;
  std::vector<std::string> arguments = asked.arguments;
  const auto add = [&](const char* name, const std::string& value, const char* usual) {
    if (value != usual) arguments.insert(arguments.end(), {name, value});
  };
  add("--by", asked.by, "");
  add("--baseline", asked.baseline, "");
  add("--single", asked.single, "");
  add("--split", asked.split, "test");
  add("--value", asked.value, "final");
  add("--parts", options.parts, "");
  add("--title", options.title, "");
  add("--to", options.to, "");
  return arguments;
}

study::Report reportOf(const ReportCommandOptions& options) {
  study::RunReportRequest request;
  const auto& asked = options.comparison;
  request.choice = study::valueChoice(asked.value, asked.split);
  request.comparison = requestOf(asked);
  const auto runs = argumentsOf(asked);
  request.folders = study::comparedFolders(runs);
  request.single = study::readComparisonRuns(runs, asked.single, request.choice).single;
  request.options.parts = study::reportParts(options.parts);
  request.options.title = options.title;
  request.options.command = "equipoise-cli report";
  for (const auto& argument : argumentsOf(options))
    request.options.command += " " + study::shellWord(argument);
  request.options.version = EQUIPOISE_VERSION;
  request.options.made =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return study::reportOfRuns(request);
}

/// The window's program makes the same report, and prints it.
void askWindow(const ReportCommandOptions& options, Context& context) {
  if (!hasWindowProgram())
    fail("report: {}: a PDF needs the GUI build; write .html, which every browser prints as PDF",
         options.to);
  auto arguments = argumentsOf(options);
  arguments.insert(arguments.begin(), "--report");
  context.exitCode = runWindowProgram(std::move(arguments));
}

void writeReport(const ReportCommandOptions& options, Context& context) {
  const auto ending = fs::path(options.to).extension();
  if (ending != ".html" && ending != ".pdf")
    fail("report: --to: the file must end in .html or .pdf, found {}", options.to);
  if (ending == ".pdf" && !context.printReport) return askWindow(options, context);
  const auto report = reportOf(options);
  run::writeAtomically(
      options.to, ending == ".pdf" ? context.printReport(report) : study::reportAsHtml(report));
  if (options.json)
    context.out << nlohmann::json{{"report", fs::absolute(options.to).string()}}.dump() << '\n';
  else
    context.out << options.to << '\n';
}

}  // namespace

void addReportCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ReportCommandOptions>();
  auto* command = app.add_subcommand(
      "report", "One file about runs: plots, comparison, differences, how to repeat them");
  addComparisonOptions(*command, options->comparison);
  command->add_option("--to", options->to, "File to write: .html, or .pdf")->required();
  command
      ->add_option("--parts", options->parts,
                   "Which parts (all): runs, differences, comparison, losses, metrics, weights, "
                   "norms, angles, calibration, events, versions, repeat")
      ->type_name("PART,...");
  command->add_option("--title", options->title, "Its title");
  command->add_flag("--json", options->json, "Print {\"report\": file}");
  command->callback([options, &context] { writeReport(*options, context); });
}

}  // namespace eq::cli
