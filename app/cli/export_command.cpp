#include <filesystem>
#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/window_program.h"
#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/metric/pareto/json_points.h"
#include "core/run/atomic_file.h"
#include "core/run/exchange/csv_export.h"
#include "core/run/exchange/python_model.h"
#include "core/run/exchange/tensorboard.h"
#include "core/run/front/plain_model.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/safetensors.h"
#include "core/run/series_export.h"
#include "core/run/trainer_at.h"
#include "core/train/front_preferences.h"

namespace eq::cli {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  std::string folder;
  std::string series;
  bool commands = false;
  std::optional<std::int64_t> checkpoint;
  std::string plot;
  std::string to;
  std::string python;
  std::string preference;
  std::optional<double> budget;
  bool json = false;
};

void write(const std::string& text, const ExportOptions& options, Context& context) {
  if (options.to.empty() || options.to == "-")
    context.out << text;
  else
    run::writeAtomically(options.to, text);
}

const std::string& requireTarget(const ExportOptions& options, const char* what) {
  if (options.to.empty()) fail("export --{}: name the file to write with --to FILE", what);
  return options.to;
}

/// Where a module finds a file, from its own folder.
std::string fromModule(const fs::path& module, const fs::path& file) {
  const auto folder = fs::absolute(module).lexically_normal().parent_path();
  return fs::absolute(file).lexically_normal().lexically_relative(folder).string();
}

/// The plain model at one preference, of a run that trains a front.
std::string plainBytes(const ExportOptions& options) {
  const auto restored = run::trainerAt(run::RunReader(options.folder), options.checkpoint);
  const auto& tasks = restored.trainer->experiment().tasks;
  const auto preference = train::checkedPreference(
      metric::readNumbers(parseJson(options.preference, "--preference"), "--preference"),
      tasks.size(), "--preference");
  return run::plainModelBytes(*restored.trainer, preference, options.budget);
}

std::string checkpointBytes(const ExportOptions& options) {
  const auto file = run::requireCheckpoint(options.folder, *options.checkpoint);
  return options.preference.empty() ? run::readWhole(file) : plainBytes(options);
}

void exportCheckpoint(const ExportOptions& options) {
  const auto& target = requireTarget(options, "checkpoint");
  run::requireRun(options.folder);
  const std::string bytes = checkpointBytes(options);
  const auto file = run::checkpointFile(options.folder, *options.checkpoint);
  const auto snapshot =
      run::fromSafetensors(bytes, file.string());  // a damaged one is not passed on
  if (options.python.empty()) return run::writeAtomically(target, bytes);
  if (snapshot.meta.contains("experiment") && snapshot.meta["experiment"].contains("pareto"))
    fail(
        "--python: the run trains a front, which is no single model; name the one with "
        "--preference, '[0.5, 0.5]'");
  const auto module = run::pythonModel(snapshot, fromModule(options.python, target));
  run::writeAtomically(target, bytes);
  run::writeAtomically(options.python, module);
}

void exportPlot(const ExportOptions& options, Context& context) {
  requireTarget(options, "plot");
  run::requireRun(options.folder);
  if (!hasWindowProgram())
    fail(
        "export --plot: figures need the GUI build; build with EQUIPOISE_GUI=ON, or take "
        "--series csv");
  context.exitCode = runWindowProgram(
      {"--export-plot", options.plot, "--run", options.folder, "--to", options.to});
}

void exportOne(const ExportOptions& options, Context& context) {
  if (options.checkpoint) return exportCheckpoint(options);
  if (!options.plot.empty()) return exportPlot(options, context);
  const run::RunReader reader(options.folder);
  if (options.commands)
    write(run::commandsAsJson(reader).dump(2) + "\n", options, context);
  else if (options.series == "tensorboard")
    context.out
        << run::writeEventFile(reader, requireTarget(options, "series tensorboard")).string()
        << '\n';
  else if (options.series == "csv")
    write(run::seriesAsCsv(reader), options, context);
  else if (options.series == "wandb")
    write(run::seriesAsWandbCsv(reader), options, context);
  else if (options.series == "aim")
    write(run::seriesAsAimCsv(reader), options, context);
  else
    write(run::seriesAsJson(reader), options, context);
}

}  // namespace

void addExportCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ExportOptions>();
  auto* command = app.add_subcommand("export", "Write a run's series, commands, checkpoint, plot");
  command->add_option("RUN", options->folder, "Run folder, or a folder that holds one run")
      ->required();
  auto* what = command->add_option_group("What", "One of");
  what->add_option(
          "--series", options->series,
          "csv, json: a row a step with step, epoch, examples, seconds, learning_rate, "
          "loss.TASK, weight.TASK, norm.TASK, cosine.TASK.TASK, condition_number, "
          "sum_norm, update_norm, source, point.I; evaluations as SPLIT.TASK.METRIC in "
          "the row of their step; empty where nothing was measured; in json, null where "
          "a number is not finite; tensorboard: an event file in the folder --to, with "
          "these names as tags; wandb, aim: CSV with the columns of W&B's history of a run, "
          "and of Aim's table of values")
      ->check(CLI::IsMember({"csv", "json", "tensorboard", "wandb", "aim"}));
  what->add_flag("--commands", options->commands, "Commands with their steps, for run --commands");
  auto* checkpoint = what->add_option("--checkpoint", options->checkpoint,
                                      "Checkpoint of this step (safetensors)");
  what->add_option("--plot", options->plot, "Figure, such as losses, as pdf, svg or png");
  what->require_option(1);
  command->add_option("--to", options->to,
                      "File to write, or a folder; standard output without it");
  command
      ->add_option("--python", options->python,
                   "Of a checkpoint, also a module in plain PyTorch, whose load() gives the model "
                   "with these weights (mlp, cnn, resnet, transformer)")
      ->type_name("FILE.py")
      ->needs(checkpoint);
  auto* preference =
      command
          ->add_option(
              "--preference", options->preference,
              "Of a checkpoint of a run that trains a front (pareto): the plain model at this "
              "preference, a list of a number a task, '[0.3, 0.7]'; they are divided by their "
              "sum")
          ->needs(checkpoint);
  command
      ->add_option("--budget", options->budget,
                   "Beside --preference, of a method that holds models of several sizes: the "
                   "largest within so many multiply-adds an example")
      ->check(CLI::PositiveNumber)
      ->needs(preference);
  command->add_flag("--json", options->json, "Accepted: --series and --commands say the form");
  command->callback([options, &context] {
    options->folder = run::runFolder(options->folder).string();
    exportOne(*options, context);
  });
}

}  // namespace eq::cli
