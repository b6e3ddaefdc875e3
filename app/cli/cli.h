#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/json_file.h"

namespace CLI {
class App;
}

namespace eq::study {
struct Report;
}

namespace eq::cli {

/// What a command reads and writes, so that tests can stand in for the terminal.
struct Context {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  int exitCode =
      0;  ///< set by a command that ends without an exception: 1 = failed run, 130 = interrupted
  /// Makes the bytes of a PDF; empty: the command line has no Qt, and asks the window's program.
  std::function<std::string(const study::Report&)> printReport = {};
};

/// Runs the command line. \returns 0, 2 for a user's mistake (one line on err), 1 for a failure,
/// 130 after Ctrl-C.
int run(const std::vector<std::string>& arguments, Context& context);

/// JSON from a file, or from `context.in` for "-". \throws Error naming file, line and column.
nlohmann::json readJson(const std::string& file, Context& context,
                        NonFinite nonFinite = NonFinite::refused);

// One function a command, each in a file of its own: <name>_command.cpp. It adds a subcommand whose
// callback does the work.
void addListCommand(CLI::App& app, Context& context);
void addCheckCommand(CLI::App& app, Context& context);
void addDescribeCommand(CLI::App& app, Context& context);
void addLossCommand(CLI::App& app, Context& context);
void addMetricCommand(CLI::App& app, Context& context);
void addBalanceCommand(CLI::App& app, Context& context);
void addConflictCommand(CLI::App& app, Context& context);
void addParetoCommand(CLI::App& app, Context& context);
void addMergeCommand(CLI::App& app, Context& context);
void addRelateCommand(CLI::App& app, Context& context);
void addFrontCommand(CLI::App& app, Context& context);
void addPredictionsCommand(CLI::App& app, Context& context);
void addRunCommand(CLI::App& app, Context& context);
void addResumeCommand(CLI::App& app, Context& context);
void addForkCommand(CLI::App& app, Context& context);
void addExpertsCommand(CLI::App& app, Context& context);
void addSendCommand(CLI::App& app, Context& context);
void addWatchCommand(CLI::App& app, Context& context);
void addShowCommand(CLI::App& app, Context& context);
void addExportCommand(CLI::App& app, Context& context);
void addCompareCommand(CLI::App& app, Context& context);
void addReportCommand(CLI::App& app, Context& context);
void addImportCommand(CLI::App& app, Context& context);
void addSweepCommand(CLI::App& app, Context& context);
void addBaselinesCommand(CLI::App& app, Context& context);
void addRaceCommand(CLI::App& app, Context& context);
void addWorkerCommand(CLI::App& app, Context& context);
void addBenchCommand(CLI::App& app, Context& context);

}  // namespace eq::cli
