#include <ostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/experiment_file.h"
#include "app/cli/trust.h"
#include "app/cli/warnings.h"
#include "core/base/text.h"
#include "core/run/run_scripts.h"
#include "core/run/teacher.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

using nlohmann::json;

struct DescribeOptions {
  ExperimentFile file;
  bool json = false;
  bool trust = false;
};

std::string ownerText(const json& owner) {
  if (owner.is_string()) return owner.get<std::string>();
  std::string text;
  for (const auto& task : owner) text += (text.empty() ? "" : ", ") + task.get<std::string>();
  return printable(text);
}

void printDescription(const json& found, std::ostream& out) {
  constexpr auto kRow = "{:<44} {:>18} {:>12}  {}\n";
  out << fmt::format(kRow, "parameter", "shape", "numbers", "owner");
  for (const auto& one : found["parameters"]) {
    std::int64_t count = 1;
    for (const auto& size : one["shape"]) count *= size.get<std::int64_t>();
    out << fmt::format(kRow, printable(one["name"].get<std::string>()), one["shape"].dump(), count,
                       ownerText(one["owner"]) + (one["trainable"] ? "" : ", not trained"));
  }
  out << fmt::format("total {}, shared {}", found["total"].dump(), found["shared"].dump());
  for (const auto& group : found["groups"])
    out << fmt::format(", of {} {}", ownerText(group["tasks"]), group["count"].dump());
  if (found["not_trainable"] != 0)
    out << fmt::format(", not trained {}", found["not_trainable"].dump());
  for (const auto& [task, count] : found["per_task"].items())
    out << fmt::format(", {} {}", printable(task), count.dump());
  out << fmt::format("; {} FLOPs an example\n", found["flops_per_example"].dump());
}

}  // namespace

void addDescribeCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<DescribeOptions>();
  auto* command = app.add_subcommand(
      "describe", "Parameters of the model, who owns them, and operations an example");
  addExperimentFile(*command, options->file);
  command->add_flag("--json", options->json, "For machines");
  addTrustFlag(*command, options->trust);
  command->callback([options, &context] {
    const auto experiment = readExperimentFile(options->file, context);
    if (options->trust) trustScripts(run::untrustedScripts(experiment));
    train::useThreads(experiment.threads);
    const auto trainer = run::makeTrainer(experiment);
    printWarnings(trainer->warnings(), context.err);
    const auto found = trainer->description();
    if (options->json)
      context.out << found.dump(2) << '\n';
    else
      printDescription(found, context.out);
  });
}

}  // namespace eq::cli
