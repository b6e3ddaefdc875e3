#include <algorithm>
#include <cctype>
#include <ostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/sweep_controls.h"
#include "app/cli/sweep_run.h"
#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/text.h"
#include "core/study/sweep/new_sweep.h"
#include "core/study/sweep/standing.h"

namespace eq::cli {
namespace {

using nlohmann::json;

struct ShowSweepOptions {
  std::string folder;
  bool json = false;
};

json runAsJson(const study::SweepStanding& sweep, size_t i) {
  const auto& [run, info] = sweep.runs[i];
  json shown{{"folder", info ? json(info->folder.string()) : json()},
             {"fields", run.fields},
             {"seed", run.seed},
             {"state", info ? toText(info->state) : "waiting"},
             {"message", info ? info->message : ""}};
  if (!run.weights.empty()) shown["weights"] = run.weights;
  if (sweep.isCancelled(i)) shown["cancelled"] = true;
  return shown;
}

json sweepAsJson(const std::filesystem::path& folder) {
  const auto sweep = study::standingOf(folder);
  json shown = json::array();
  for (size_t i = 0; i < sweep.runs.size(); ++i) shown.push_back(runAsJson(sweep, i));
  json out{{"state", toText(sweep.state)},
           {"total", sweep.runs.size()},
           {"finished", sweep.finished},
           {"failed", sweep.failed},
           {"running", sweep.running},
           {"stopped", sweep.stopped},
           {"waiting", sweep.waiting},
           {"paused", sweep.control.paused},
           {"runs", shown}};
  if (sweep.secondsLeft) out["seconds_left"] = *sweep.secondsLeft;
  if (sweep.clones.empty()) return out;
  out["clones"] = json::array();
  for (const auto& clone : sweep.clones)
    out["clones"].push_back({{"folder", clone.folder.string()}, {"state", toText(clone.state)}});
  return out;
}

/// "optimizer.lr 0.1, tasks[0].loss.id focal".
std::string fieldsInWords(const json& fields) {
  std::string text;
  for (const auto& [path, value] : fields.items())
    if (!value.is_null())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", path,
                          value.is_string()         ? value.get<std::string>()
                          : value.is_number_float() ? numberText(value.get<double>())
                                                    : value.dump());
  return text;
}

void print(const json& sweep, const std::string& folder, std::ostream& out) {
  out << fmt::format(
      "{}: {}; of {} runs {} finished, {} failed, {} running, {} stopped, {} waiting\n", folder,
      sweep["state"].get<std::string>(), sweep["total"].get<int>(), sweep["finished"].get<int>(),
      sweep["failed"].get<int>(), sweep["running"].get<int>(), sweep["stopped"].get<int>(),
      sweep["waiting"].get<int>());
  for (const auto& run : sweep["runs"]) {
    out << fmt::format("  {:<9} seed {:<4} {}\n", run["state"].get<std::string>(),
                       run["seed"].get<std::uint64_t>(), fieldsInWords(run["fields"]));
    if (!run["folder"].is_null()) out << "            " << run["folder"].get<std::string>() << '\n';
    if (const auto message = run["message"].get<std::string>(); !message.empty())
      out << "            " << message << '\n';
  }
}

/// It becomes a line of a script.
CLI::Validator partitionName() {
  return {[](const std::string& text) -> std::string {
            const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
              return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == ',';
            });
            return plain && !text.empty()
                       ? std::string()
                       : fmt::format("expected the name of a partition, found \"{}\"", text);
          },
          ""};
}

void addShow(CLI::App& sweep, Context& context) {
  auto options = std::make_shared<ShowSweepOptions>();
  auto* command = sweep.add_subcommand("show", "Print how a sweep and its runs stand");
  command->add_option("DIR", options->folder, "Folder of the sweep")->required();
  command->add_flag("--json", options->json, "For machines");
  command->callback([options, &context] {
    const auto shown = sweepAsJson(options->folder);
    if (options->json)
      context.out << jsonText(shown, 2) << '\n';
    else
      print(shown, options->folder, context.out);
  });
}

}  // namespace

void addSweepCommand(CLI::App& app, Context& context) {
  struct Options {
    std::string file;
    std::vector<std::string> settings;
    SweepOptions sweep;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "sweep", "Train all combinations of an experiment file with a sweep, or go on with them");
  command->add_option("FILE", options->file, "Experiment file with the key \"sweep\"");
  addSweepOptions(*command, options->sweep);
  addSetOption(*command, options->settings);
  command->add_option("--single", options->sweep.single,
                      "Runs by whose losses weights are divided, as baselines makes them");
  command->add_flag("--slurm", options->sweep.slurm,
                    "Submit them to the cluster as a job array; sweep show follows it");
  command->add_option("--partition", options->sweep.partition, "Partition of the cluster")
      ->check(partitionName());
  addShow(*command, context);
  addSweepControls(*command, context);
  command->callback([command, options, &context] {
    if (!command->get_subcommands().empty()) return;
    if (options->file.empty()) fail("FILE: is required: an experiment file with the key \"sweep\"");
    auto file = study::readSweepFile(options->file);
    const auto settings = train::settingsFromTexts(options->settings);
    if (!settings.empty()) file = study::sweepWith(file, settings);
    runSweep(file, options->sweep, context);
  });
}

}  // namespace eq::cli
