#include <ostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/cli.h"
#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/loss/loss_bench.h"
#include "core/model/catalog.h"
#include "core/train/step_bench.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

using nlohmann::json;

struct BenchOptions {
  train::StepBenchSpec spec;
  std::string params;      ///< of the model
  std::int64_t batch = 0;  ///< 0: the usual one of the model
  std::int64_t threads = 0;
  bool json = false;
};

/// Those that can be had for so many tasks without a word more.
std::vector<std::string> allMethods(std::int64_t tasks) {
  std::vector<std::string> ids;
  balance::Setting setting;
  setting.tasks = tasks;
  for (const auto* slot : {&balance::weightings(), &balance::gradientMethods()})
    for (const auto* descriptor : slot->descriptors()) try {
        slot->create(descriptor->id, {}, descriptor->id, setting);
        ids.push_back(descriptor->id);
      } catch (const Error&) {  // a parameter is required, or more tasks are
      }
  return ids;
}

json measure(const BenchOptions& options) {
  auto spec = options.spec;
  if (!options.params.empty()) spec.model.params = parametersFrom(options.params);
  model::catalog().descriptor(spec.model.id, "--model");
  spec.batch = options.batch > 0 ? options.batch : spec.model.id == "cnn" ? 256 : 64;
  if (spec.methods.empty()) spec.methods = allMethods(spec.tasks);
  const auto threads = train::useThreads(options.threads);
  auto rows = json::array();
  for (const auto& row : train::benchSteps(spec))
    rows.push_back({{"model", spec.model.id},
                    {"tasks", spec.tasks},
                    {"batch", spec.batch},
                    {"method", row.method},
                    {"min_ms", row.minMs},
                    {"median_ms", row.medianMs},
                    {"ratio", row.ratio},
                    {"target", row.target > 0 ? json(row.target) : json()},
                    {"problem", row.problem.empty() ? json() : json(row.problem)}});
  return {{"torch", train::torchVersion()},
          {"threads", threads},
          {"device", spec.device},
          {"rows", rows}};
}

void print(const json& result, std::ostream& out) {
  out << fmt::format("LibTorch {}, {} threads, {}\n", result["torch"].get<std::string>(),
                     result["threads"].get<std::int64_t>(), result["device"].get<std::string>());
  out << fmt::format("{:<16} {:>5} {:>6} {:>9} {:>10} {:>7} {:>7}\n", "method", "tasks", "batch",
                     "min ms", "median ms", "ratio", "target");
  for (const auto& row : result["rows"]) {
    if (!row["problem"].is_null()) {
      out << fmt::format("{:<16} {}\n", row["method"].get<std::string>(),
                         row["problem"].get<std::string>());
      continue;
    }
    out << fmt::format(
        "{:<16} {:>5} {:>6} {:>9.3f} {:>10.3f} {:>7.3f} {:>7}\n", row["method"].get<std::string>(),
        row["tasks"].get<std::int64_t>(), row["batch"].get<std::int64_t>(),
        row["min_ms"].get<double>(), row["median_ms"].get<double>(), row["ratio"].get<double>(),
        row["target"].is_null() ? std::string()
                                : fmt::format("{:.2f}", row["target"].get<double>()));
  }
}

struct LossOptions {
  loss::LossBenchSpec spec;
  std::int64_t threads = 0;
  bool json = false;
};

void benchLosses(const LossOptions& options, std::ostream& out) {
  const auto threads = train::useThreads(options.threads);
  auto rows = json::array();
  for (const auto& row : loss::benchLosses(options.spec))
    rows.push_back(row.problem.empty()
                       ? json{{"loss", row.id}, {"min_ms", row.minMs}, {"ratio", row.ratio}}
                       : json{{"loss", row.id}, {"problem", row.problem}});
  if (options.json) {
    out << json{{"torch", train::torchVersion()}, {"threads", threads}, {"rows", rows}}.dump()
        << '\n';
    return;
  }
  out << fmt::format("LibTorch {}, {} threads, N = {}, C = {}\n{:<26} {:>9} {:>7}\n",
                     train::torchVersion(), threads, options.spec.samples, options.spec.classes,
                     "loss", "min ms", "ratio");
  for (const auto& row : rows)
    out << (row.contains("problem")
                ? fmt::format("{:<26} {}\n", row["loss"].get<std::string>(),
                              row["problem"].get<std::string>())
                : fmt::format("{:<26} {:>9.3f} {:>7.2f}\n", row["loss"].get<std::string>(),
                              row["min_ms"].get<double>(), row["ratio"].get<double>()));
}

void addLossBench(CLI::App& bench, Context& context) {
  auto options = std::make_shared<LossOptions>();
  auto* command = bench.add_subcommand(
      "loss", "Forward and backward of each loss, against cross_entropy in the same run");
  command->add_option("--losses", options->spec.ids, "Ids, with commas; default all")
      ->delimiter(',');
  command->add_option("--samples", options->spec.samples, "N")->check(CLI::Range(2, 1000000));
  command->add_option("--classes", options->spec.classes, "C, and every other size")
      ->check(CLI::Range(4, 100000));
  command->add_option("--rounds", options->spec.rounds, "Timed rounds")
      ->check(CLI::Range(1, 100000));
  command->add_option("--threads", options->threads, "Threads; 0 = all cores")
      ->check(CLI::Range(0, 1024));
  command->add_flag("--json", options->json, "For machines");
  command->callback([options, &context] { benchLosses(*options, context.out); });
}

}  // namespace

void addBenchCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<BenchOptions>();
  auto* bench = app.add_subcommand("bench", "Time what the program does");
  bench->require_subcommand(1);
  addLossBench(*bench, context);
  auto* step = bench->add_subcommand(
      "step", "A training step with each balancer, against a bare LibTorch loop");
  step->add_option("--model", options->spec.model.id,
                   "mlp, cnn, resnet, transformer beside the same in plain LibTorch; point "
                   "(two_valleys); or any other model, beside itself by autograd");
  step->add_option("--params", options->params,
                   "Parameters of the model, JSON; then it stands beside itself, too");
  step->add_option("--tasks", options->spec.tasks, "Number of tasks")->check(CLI::Range(1, 64));
  step->add_option("--batch", options->batch, "Examples a step; default 64, for cnn 256")
      ->check(CLI::Range(1, 65536));
  step->add_option("--methods", options->spec.methods, "Ids of balancers, with commas")
      ->delimiter(',');
  step->add_option("--rounds", options->spec.rounds, "Timed steps of each method")
      ->check(CLI::Range(1, 100000));
  step->add_option("--device", options->spec.device, "cpu, cuda, cuda:1");
  step->add_option("--threads", options->threads, "Threads; 0 = all cores")
      ->check(CLI::Range(0, 1024));
  step->add_flag("--json", options->json, "For machines");
  step->callback([options, &context] {
    const auto result = measure(*options);
    if (options->json)
      context.out << result.dump() << '\n';
    else
      print(result, context.out);
  });
}

}  // namespace eq::cli
