#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/end_signals.h"
#include "app/cli/options.h"
#include "core/base/number_text.h"
#include "core/base/text.h"
#include "core/run/run_argument.h"
#include "core/run/run_tail.h"
#include "core/run/series_export.h"

namespace eq::cli {
namespace {

using nlohmann::json;

constexpr auto kLook = std::chrono::milliseconds(200);

struct WatchOptions {
  std::string run;
  std::int64_t from = 0;
  bool json = false;
};

/// Prints what a run's record gains, a line a record.
class Watch {
 public:
  Watch(const WatchOptions& options, const std::filesystem::path& folder, std::ostream& out)
      : tail_(folder),
        tasks_(tail_.reader().tasks()),
        from_(options.from),
        json_(options.json),
        out_(out) {}

  /// \returns whether the run may gain more.
  bool look() {
    const auto news = tail_.read();
    if (news.anew && seen_ > 0) goBack(news);
    for (auto& [step, line] : linesOf(news.records)) print(line);
    tellState(news.info);
    out_.flush();
    return run::isHeld(news.info.state);
  }

 private:
  using Line = std::pair<std::int64_t, json>;

  /// The run was resumed before its end: what follows that is new.
  void goBack(const run::RunNews& news) {
    for (const auto& event : news.records.events)
      if (event.kind == "resumed") resumedAt_ = event.step;
    seen_ = 0;
    state_ = nullptr;
  }

  std::vector<Line> linesOf(const run::Records& records) {
    std::vector<Line> lines;
    for (const auto& step : records.steps) add(lines, step.step, "step", run::rowOf(step, tasks_));
    for (const auto& evaluation : records.evaluations)
      add(lines, evaluation.step, "evaluation", run::rowOf(evaluation, tasks_));
    for (const auto& event : records.events) add(lines, event.step, "event", train::toJson(event));
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return a.first < b.first; });
    return lines;
  }

  void add(std::vector<Line>& lines, std::int64_t step, const char* type, json row) {
    seen_ = std::max(seen_, step);
    if (step < from_ || (resumedAt_ && step < *resumedAt_)) return;
    row["type"] = type;
    lines.emplace_back(step, std::move(row));
  }

  void tellState(const run::RunInfo& info) {
    json row{{"type", "state"}, {"state", toText(info.state)}};
    if (!info.message.empty()) row["message"] = info.message;
    if (row == state_) return;
    state_ = row;
    row["steps"] = info.steps;
    row["total_steps"] = info.totalSteps;
    print(row);
    resumedAt_.reset();
  }

  void print(const json& row) const {
    if (json_) {
      out_ << jsonText(row) << '\n';
      return;
    }
    std::string text;
    for (const auto& [key, value] : row.items())
      if (key != "type" && key != "detail" && key != "examples" && !value.is_null())
        text += fmt::format(" {} {}", key,
                            value.is_number_float() ? numberText(value.get<double>(), 5)
                            : value.is_string()     ? value.get<std::string>()
                                                    : value.dump());
    out_ << printable(row.at("type").get<std::string>() + text) << '\n';
  }

  run::RunTail tail_;
  std::vector<std::string> tasks_;
  std::int64_t from_;
  bool json_;
  std::ostream& out_;
  std::int64_t seen_ = 0;  ///< the last step of what was read
  std::optional<std::int64_t> resumedAt_;
  json state_;
};

}  // namespace

void addWatchCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<WatchOptions>();
  auto* command = app.add_subcommand("watch", "Print what a run records, until it ends");
  command->add_option("RUN", options->run, "Run folder, or a folder that holds one run")
      ->required();
  command->add_option("--from", options->from, "Only what comes from this step on")
      ->type_name("STEP")
      ->check(integerFrom<std::int64_t>(0));
  command->add_flag("--json", options->json,
                    "A line of JSON a record: step, evaluation, event, or state");
  command->callback([options, &context] {
    const EndSignals signals;
    Watch watch(*options, run::runFolder(options->run), context.out);
    while (watch.look() && !EndSignals::arrived() && context.out)
      std::this_thread::sleep_for(kLook);
    if (const int signal = EndSignals::arrived()) context.exitCode = 128 + signal;
  });
}

}  // namespace eq::cli
