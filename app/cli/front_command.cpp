#include <filesystem>
#include <map>
#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/text.h"
#include "core/metric/pareto/json_points.h"
#include "core/study/front.h"
#include "core/study/front_history.h"

namespace eq::cli {
namespace {

struct FrontOptions {
  std::vector<std::string> runs;
  std::optional<std::int64_t> points;
  std::string split = "validation";
  std::string axes = "metric";
  std::optional<std::int64_t> checkpoint;
  std::string reference;
  bool history = false;
  bool json = false;
};

study::FrontRequest requestOf(const FrontOptions& options) {
  study::FrontRequest request;
  for (const auto& folder : options.runs) request.runs.emplace_back(folder);
  request.split = options.split == "test" ? train::SplitName::test : train::SplitName::validation;
  request.losses = options.axes == "loss";
  request.step = options.checkpoint;
  request.points = options.points;
  if (!options.reference.empty())
    request.reference =
        metric::readNumbers(parseJson(options.reference, "--reference"), "--reference");
  return request;
}

void addFrontOptions(CLI::App& command, FrontOptions& options) {
  command
      .add_option("RUN", options.runs,
                  "Run folders; a folder that holds runs, as a sweep's, stands for them")
      ->required();
  command
      .add_option("--points", options.points,
                  "Points of the front of a run with a method that trains one (pareto), at most; "
                  "without it 11 of two tasks, else 66; any other run is one point")
      ->check(integerFrom<std::int64_t>(2));
  command.add_option("--split", options.split, "validation or test")
      ->check(CLI::IsMember({"validation", "test"}))
      ->capture_default_str();
  command
      .add_option("--axes", options.axes,
                  "metric: each task's first metric, in the metric's direction; loss: its loss")
      ->check(CLI::IsMember({"metric", "loss"}))
      ->capture_default_str();
  command
      .add_option("--checkpoint", options.checkpoint,
                  "Step whose recorded evaluation is taken, as it was measured when the run was "
                  "there, or of a front the checkpoint that is measured; without it, the last "
                  "checkpoint's step")
      ->check(integerFrom<std::int64_t>(0));
  command.add_option("--reference", options.reference,
                     "The hypervolume's worst corner, a list of a number a task: '[0.5, 0.5]'");
  command.add_flag("--history", options.history,
                   "Also how the hypervolume to the reference grew over the steps of all runs");
  command.add_flag("--json", options.json, "For machines (the output is always JSON)");
}

}  // namespace

void addFrontCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<FrontOptions>();
  auto* command = app.add_subcommand(
      "front", "Where runs ended, task against task: ranks, hypervolume, attainment, knee");
  addFrontOptions(*command, *options);
  command->callback([options, &context] {
    const auto request = requestOf(*options);
    const auto front = study::readFront(request);
    for (const auto& task : front.mixed)
      context.err << "warning: the loss of " << printable(task)
                  << " is not the same in all runs, and their values are not comparable; take "
                     "--axes metric\n";
    for (const auto& remark : front.remarks)
      context.err << "warning: " << printable(remark) << '\n';
    if (!request.reference)
      for (const auto& remark : study::remarksOnSpread(front))
        context.err << "warning: " << printable(remark) << '\n';
    auto found = study::describeFront(front, request.reference);
    if (options->history && !found["reference"].is_null())
      found["history"] = study::frontHistory(front, found["reference"].get<metric::Point>());
    context.out << jsonText(found) << '\n';
  });
}

}  // namespace eq::cli
