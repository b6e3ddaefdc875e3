#include <chrono>
#include <cmath>
#include <filesystem>
#include <ostream>
#include <set>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/end_signals.h"
#include "app/cli/options.h"
#include "app/cli/trust.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/base/text_table.h"
#include "core/merge/catalog.h"
#include "core/run/merging/merge_runs.h"
#include "core/run/run_argument.h"
#include "core/run/run_scripts.h"

namespace eq::cli {
namespace {

using nlohmann::json;
using MergeClock = std::chrono::steady_clock;

struct MergeOptions : CalculationOptions {
  run::MergeRequest request;
  bool trust = false;
};

/// Those of all methods: one input may serve several.
std::vector<std::string> allMergeFields() {
  std::set<std::string> names;
  for (const auto* descriptor : merge::catalog().descriptors())
    for (const auto& name : fieldNames(descriptor->inputs)) names.insert(name);
  return {names.begin(), names.end()};
}

/// A misspelt "dtype" would make a counter a number.
void tellUnknownParts(const json& model, const std::string& place, Context& context) {
  for (const auto& [name, tensor] : model.items())
    tellUnknownKeys(tensor, {"shape", "data", "dtype"}, fmt::format("{}.{}", place, name), context);
}

void tellUnknown(const json& input, Context& context) {
  tellUnknownKeys(input, allMergeFields(), "input", context);
  for (const auto& [key, value] : input.items()) {
    if (key == "base") tellUnknownParts(value, key, context);
    for (size_t k = 0; key == "experts" && value.is_array() && k < value.size(); ++k)
      tellUnknownParts(value[k], fmt::format("experts[{}]", k), context);
  }
}

json mergeModels(const MergeOptions& options, Context& context) {
  const auto method = merge::createMerge(options.id, parametersOf(options));
  const auto input = readInput(options.input, context);
  auto found = method->compute(input, options.request.seed);
  tellUnknown(input, context);
  return found;
}

/// Ctrl-C before the run folder stands.
struct MergeInterrupted {};

TextTable::Cell cellOf(const json& value) {
  return numberCell(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
}

TextTable::Cell textCell(const json& value, const std::string& none = {}) {
  return {value.is_null() ? none : value.get<std::string>(), std::nullopt};
}

/// A row a task: base, each run, merged, normalised.
TextTable scoreTable(const json& report, const char* split) {
  TextTable table;
  table.columns = {{"task", false}, {"metric", false}, {"base", true}};
  for (const auto& run : report.at("runs")) table.columns.push_back({run.get<std::string>(), true});
  for (const char* name : {"merged", "normalised"}) table.columns.push_back({name, true});
  table.columns.push_back({"head of", false});
  for (const auto& task : report.at("tasks")) {
    const auto& values = task.at(split);
    auto& row = table.rows.emplace_back();
    row = {textCell(task.at("task")), textCell(task.at("metric")), cellOf(values.at("base"))};
    for (const auto& value : values.at("experts")) row.push_back(cellOf(value));
    row.push_back(cellOf(values.at("merged")));
    row.push_back(cellOf(values.at("normalised")));
    row.push_back(textCell(task.at("head"), "the base"));
  }
  return table;
}

void printMergeReport(const json& report, const std::filesystem::path& out, std::ostream& stream) {
  stream << out.string() << '\n';
  if (!report.at("lambda").is_null()) stream << "λ " << report.at("lambda").dump() << '\n';
  for (const char* split : {"validation", "test"}) {
    stream << split << " split\n" << textOf(scoreTable(report, split), TableFormat::markdown);
    const auto& mean = report.at("mean").at(split);
    stream << fmt::format("mean normalised {}{}\n", cellOf(mean.at("normalised")).text,
                          mean.at("undefined") == 0 ? ""
                                                    : fmt::format(", undefined for {} of {} tasks",
                                                                  mean.at("undefined").get<int>(),
                                                                  report.at("tasks").size()));
  }
}

/// The losses of base and experts may be programs.
void trustRuns(const run::MergeRequest& request) {
  trustScripts(run::untrustedScripts(run::runArgument(request.base).folder));
  for (const auto& given : request.runs)
    if (!std::filesystem::is_regular_file(given))
      trustScripts(run::untrustedScripts(run::runArgument(given).folder));
}

/// A line a second on err: a part's name, and of steps how many there are and how long the rest
/// takes at the pace so far.
class MergeLines {
 public:
  MergeLines(bool quiet, std::ostream& err) : quiet_(quiet), err_(err) {}

  void tell(const run::MergePart& part) {
    if (EndSignals::arrived()) throw MergeInterrupted();
    if (part.isRemark) return tellRemark(part.what);
    const auto now = MergeClock::now();
    if (part.what != what_ || part.step <= first_) {
      what_ = part.what;
      first_ = part.step;
      began_ = now;
    }
    if (quiet_ || now - printed_ < std::chrono::seconds(1)) return;
    printed_ = now;
    err_ << printable(part.of == 0 ? part.what : withTimeLeft(part, now)) << '\n';
  }

 private:
  void tellRemark(const std::string& text) {
    if (!quiet_) err_ << printable(text) << '\n';
  }

  std::string withTimeLeft(const run::MergePart& part, MergeClock::time_point now) const {
    auto text = fmt::format("{} {} of {}", part.what, part.step, part.of);
    const auto done = part.step - first_;
    if (done <= 0) return text;
    const double seconds = std::chrono::duration<double>(now - began_).count();
    const double left =
        seconds / static_cast<double>(done) * static_cast<double>(part.of - part.step + 1);
    return text + fmt::format(", {:.0f} s left", std::ceil(left));
  }

  bool quiet_;
  std::ostream& err_;
  std::string what_;
  std::int64_t first_ = 0;
  MergeClock::time_point began_ = MergeClock::now(), printed_ = began_;
};

void mergeRuns(const MergeOptions& options, Context& context) {
  if (options.trust) trustRuns(options.request);
  const EndSignals signals;
  try {
    MergeLines lines(options.json, context.err);
    const auto outcome =
        run::mergeRuns(options.request, [&](const auto& part) { lines.tell(part); });
    for (const auto& warning : outcome.warnings)
      context.err << printable("warning: " + warning) << '\n';
    if (options.json)
      context.out << jsonText(outcome.report, 2) << '\n';
    else
      printMergeReport(outcome.report, options.request.out, context.out);
  } catch (const MergeInterrupted&) {
    std::error_code none;
    const bool isKept = std::filesystem::exists(run::mergeStateFile(options.request.out), none);
    context.err << "interrupted before the run folder was made; "
                << (isKept ? "the same command goes on from there" : "nothing was written") << '\n';
    context.exitCode = 128 + EndSignals::arrived();
  }
}

/// \throws Error where the models are given twice, or not at all.
void mergeEither(MergeOptions& options, Context& context) {
  auto& request = options.request;
  const bool ofRuns = !request.base.empty() || !request.runs.empty() || !request.out.empty();
  if (ofRuns && !options.input.empty())
    fail("{}: --input holds models; --base, --runs and --out merge runs: give one or the other",
         options.id);
  if (!ofRuns && options.input.empty())
    fail("{}: give models by --input FILE, or runs by --base RUN --runs RUN ... --out DIR",
         options.id);
  if (!ofRuns) {
    context.out << mergeModels(options, context).dump() << '\n';
    return;
  }
  const bool makesRuns = options.id == "atm";
  for (const auto& [name, isThere] : {std::pair{"--base", !request.base.empty()},
                                      std::pair{"--runs", makesRuns || !request.runs.empty()},
                                      std::pair{"--out", !request.out.empty()}})
    if (!isThere) fail("{}: a merge of runs needs {}", options.id, name);
  request.id = options.id;
  request.params = parametersOf(options);
  mergeRuns(options, context);
}

void addRunOptions(CLI::App& command, MergeOptions& options) {
  command.add_option("--base", options.request.base,
                     "Run from which the others were trained: RUN, its last checkpoint, or "
                     "RUN@STEP");
  command.add_option("--runs", options.request.runs,
                     "Runs to merge, RUN or RUN@STEP, or checkpoints' files");
  command.add_option("--small", options.request.small,
                     "Of logits_fusion: the small run from which the others were trained");
  command.add_option("--out", options.request.out, "Run folder to make of them");
  command.add_option("--device", options.request.device, "That evaluates: cpu, cuda, cuda:1");
  addTrustFlag(command, options.trust);
}

}  // namespace

void addMergeCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<MergeOptions>();
  auto* command = app.add_subcommand(
      "merge",
      "One model of several: task vectors, masks, spectra (see equipoise-cli list merges)");
  command->add_option("ID", options->id, "Which method; see equipoise-cli list merges")->required();
  command->add_option("--input", options->input,
                      "JSON file with the input fields, - for standard input");
  addRunOptions(*command, *options);
  command->add_option("--params", options->params, "Parameters as a JSON object");
  command->add_flag("--json", options->json,
                    "For machines: the report of merged runs (of --input the output is always "
                    "JSON)");
  command->add_option("--seed", options->request.seed, "Seed of the methods that draw at random")
      ->check(integerFrom<std::uint64_t>(0));
  command->callback([options, &context] { mergeEither(*options, context); });
}

}  // namespace eq::cli
