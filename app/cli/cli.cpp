#include "app/cli/cli.h"

#include <algorithm>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>

#include <CLI/CLI.hpp>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/text.h"
#include "core/data/csv.h"

namespace eq::cli {

nlohmann::json readJson(const std::string& file, Context& context, NonFinite nonFinite) {
  if (file != "-") return readJsonFile(file, nonFinite);
  const std::string text(std::istreambuf_iterator<char>(context.in), {});
  return parseJson(text, "standard input", nonFinite);
}

int run(const std::vector<std::string>& arguments, Context& context) {
  CLI::App app("Equipoise: multi-task training, headless", "equipoise-cli");
  app.set_version_flag("--version", EQUIPOISE_VERSION);
  app.require_subcommand(1);
  for (const auto add :
       {addListCommand,      addCheckCommand,   addDescribeCommand, addLossCommand,
        addMetricCommand,    addBalanceCommand, addConflictCommand, addParetoCommand,
        addBenchCommand,     addRunCommand,     addResumeCommand,   addForkCommand,
        addExpertsCommand,   addSendCommand,    addWatchCommand,    addShowCommand,
        addExportCommand,    addCompareCommand, addFrontCommand,    addSweepCommand,
        addBaselinesCommand, addRaceCommand,    addWorkerCommand,   addReportCommand,
        addImportCommand,    addMergeCommand,   addRelateCommand,   addPredictionsCommand})
    add(app, context);
  try {
    if (!arguments.empty() && !arguments[0].starts_with('-') &&
        app.get_subcommands([&](CLI::App* command) { return command->check_name(arguments[0]); })
            .empty())
      fail("no command \"{}\" (see equipoise-cli --help)", arguments[0]);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
    context.out.flush();
    if (!context.out) throw Error("standard output: cannot be written", ErrorKind::failure);
    return context.exitCode;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, context.out, context.err);
    context.err << data::oneLine(printable(error.what())) << " (see equipoise-cli --help)\n";
    return 2;
  } catch (const Error& error) {
    context.err << data::oneLine(printable(error.what())) << '\n';
    return error.kind() == ErrorKind::user ? 2 : 1;
  } catch (const std::exception& error) {
    // LibTorch's messages go on with a stack trace.
    const std::string text = error.what();
    context.err << printable(text.substr(0, text.find('\n'))) << '\n';
    return 1;
  }
}

}  // namespace eq::cli
