#include <algorithm>
#include <limits>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/text.h"
#include "core/run/atomic_file.h"
#include "core/run/predictions/recorded_predictions.h"
#include "core/run/run_argument.h"
#include "core/train/predictions/prediction_words.h"

namespace eq::cli {
namespace {

constexpr std::int64_t kShown = 20;

struct PredictionsOptions {
  std::string run;
  std::string task;
  std::string split = "validation";
  std::string target, predicted;
  bool wrong = false, right = false;
  std::optional<std::int64_t> worst;
  std::int64_t from = 0;
  std::string to;
  bool json = false;
};

size_t taskNamed(const std::vector<TaskInfo>& tasks, const std::string& name) {
  if (name.empty()) return 0;
  std::vector<std::string> names;
  for (size_t k = 0; k < tasks.size(); ++k) {
    if (tasks[k].name == name) return k;
    names.push_back(tasks[k].name);
  }
  fail("--task: the run has no task \"{}\"; it has {}", name, fmt::join(names, ", "));
}

std::optional<std::int64_t> classNamed(const TaskInfo& task, const std::string& text,
                                       const char* option) {
  if (text.empty()) return std::nullopt;
  try {
    return train::classFromText(task, text);
  } catch (const Error& error) {
    fail("{}: {}", option, error.what());
  }
}

train::PredictionRequest listRequest(const PredictionsOptions& options,
                                     const std::vector<TaskInfo>& tasks) {
  train::PredictionRequest request;
  request.task = taskNamed(tasks, options.task);
  request.split = train::splitNameFromText(options.split);
  const auto& task = tasks[request.task];
  request.filter.target = classNamed(task, options.target, "--class");
  request.filter.predicted = classNamed(task, options.predicted, "--predicted");
  if (options.wrong) request.filter.outcome = train::PredictionFilter::Outcome::wrong;
  if (options.right) request.filter.outcome = train::PredictionFilter::Outcome::right;
  request.first = options.from;
  return request;
}

/// Calls `take` with pages of at most `kLargestPage`, so that no more examples are in memory.
template <typename Take>
void forEachPage(run::RecordedPredictions& recorded, train::PredictionRequest request,
                 std::int64_t count, const Take& take) {
  for (std::int64_t left = count;;) {
    request.count = std::clamp<std::int64_t>(left, 1, train::kLargestPage);
    const auto page = recorded.page(request);
    take(page);
    const auto taken = static_cast<std::int64_t>(page.rows.size());
    left -= taken;
    request.first += taken;
    if (left <= 0 || taken < request.count) return;
  }
}

void writePredictions(run::RecordedPredictions& recorded, const train::PredictionRequest& request,
                      std::int64_t count, const std::string& file) {
  TextTable table;
  forEachPage(recorded, request, count, [&](const train::PredictionPage& page) {
    auto part = train::tableOf(page);
    if (table.columns.empty()) table.columns = part.columns;
    table.rows.insert(table.rows.end(), part.rows.begin(), part.rows.end());
  });
  run::writeAtomically(file, textOf(table, TableFormat::csv));
}

std::string rowText(const train::PredictionPage& page, const train::PredictionRow& row,
                    std::int64_t place) {
  const auto confidence = train::confidenceOf(page, row);
  const auto right = train::isRight(page, row);
  return fmt::format("  {:>6}  example {:<7} {:<11} target {:<16} predicted {:<24}{}{}\n", place,
                     row.example.index, row.counted ? numberText(row.error, 5) : "-",
                     train::targetText(page, row), train::outputText(page, row),
                     confidence ? fmt::format(" {} %", numberText(100 * *confidence, 4)) : "",
                     right && !*right ? "  wrong" : "");
}

void printPredictions(run::RecordedPredictions& recorded, const train::PredictionRequest& request,
                      std::int64_t count, std::ostream& out) {
  bool first = true;
  std::int64_t place = request.first;
  forEachPage(recorded, request, count, [&](const train::PredictionPage& page) {
    if (std::exchange(first, false)) {
      out << printable(fmt::format("{}, {} split, step {}: {}\n", page.info.name,
                                   toText(request.split), page.step, train::countsText(page)));
      out << printable(fmt::format("{} pass the filter; worst first by {}\n", page.matching,
                                   train::measureText(page)));
    }
    for (const auto& row : page.rows) out << printable(rowText(page, row, ++place));
  });
}

nlohmann::json predictionsAsJson(run::RecordedPredictions& recorded,
                                 const train::PredictionRequest& request, std::int64_t count) {
  nlohmann::json found;
  forEachPage(recorded, request, count, [&](const train::PredictionPage& page) {
    auto part = train::toJson(page);
    if (found.is_null()) {
      found = std::move(part);
      found["remarks"] = recorded.remarks();
      return;
    }
    for (auto& row : part["rows"]) found["rows"].push_back(std::move(row));
  });
  return found;
}

void showPredictions(const PredictionsOptions& options, Context& context) {
  const auto place = run::runArgument(options.run);
  run::RecordedPredictions recorded(
      place.folder, place.step < 0 ? std::nullopt : std::optional<std::int64_t>(place.step));
  const auto request = listRequest(options, recorded.tasks());
  for (const auto& remark : recorded.remarks())
    context.err << "warning: " << printable(remark) << '\n';
  const auto all = std::numeric_limits<std::int64_t>::max();
  const auto count = options.worst.value_or(options.to.empty() ? kShown : all);
  if (!options.to.empty()) writePredictions(recorded, request, count, options.to);
  if (options.json) {
    auto found = predictionsAsJson(recorded, request, options.worst.value_or(kShown));
    found["run"] = place.folder.string();
    context.out << jsonText(found, 2) << '\n';
  } else if (options.to.empty()) {
    printPredictions(recorded, request, count, context.out);
  } else {
    context.out << options.to << '\n';
  }
}

void addPredictionsOptions(CLI::App& command, PredictionsOptions& options) {
  command
      .add_option("RUN", options.run,
                  "Run folder, or a folder that holds one run; RUN@STEP: at the checkpoint of that "
                  "step, without it the newest")
      ->required();
  command.add_option("--task", options.task, "Task; without it the first");
  command.add_option("--split", options.split, "validation, test or train")
      ->check(CLI::IsMember({"validation", "test", "train"}))
      ->capture_default_str();
  command.add_option("--class", options.target, "Only examples of this true class, name or number");
  command.add_option("--predicted", options.predicted,
                     "Only examples that are predicted as this class, name or number");
  auto* wrong = command.add_flag(
      "--wrong", options.wrong, "Only examples with a wrong prediction, or one that is not finite");
  command.add_flag("--right", options.right, "Only examples with a right prediction")
      ->excludes(wrong);
  command
      .add_option("--worst", options.worst,
                  "So many examples, worst first; without it 20, in a file all")
      ->check(integerFrom<std::int64_t>(1));
  command.add_option("--from", options.from, "Leave out so many of the worst ones before")
      ->check(integerFrom<std::int64_t>(0));
  command.add_option("--to", options.to, "Write a CSV file of them")->type_name("FILE.csv");
  command.add_flag("--json", options.json,
                   "For machines; null where a number is not finite or not there");
}

}  // namespace

void addPredictionsCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<PredictionsOptions>();
  auto* command = app.add_subcommand(
      "predictions", "What a run says of each example of a split, worst first, without training");
  addPredictionsOptions(*command, *options);
  command->callback([options, &context] { showPredictions(*options, context); });
}

}  // namespace eq::cli
