#include "app/cli/drive.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <span>
#include <thread>

#include "app/cli/calculation.h"
#include "app/cli/end_signals.h"
#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/text.h"
#include "core/run/end_notice.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"

namespace eq::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::string inMinutes(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// A line a second on err, so that a log stays readable and a terminal moves.
class Progress {
 public:
  Progress(const train::Trainer& trainer, std::int64_t lastStep, std::ostream& err)
      : trainer_(trainer), firstStep_(trainer.stepsDone()), lastStep_(lastStep), err_(err) {}

  void update(const run::Records& records) {
    if (!records.steps.empty()) newest_ = records.steps.back();
    for (const auto& event : records.events)
      err_ << fmt::format("step {}: {}\n", event.step, event.text);
    for (const auto& evaluation : records.evaluations) print(evaluation);
    if (Clock::now() - printed_ < std::chrono::seconds(1)) return;
    printed_ = Clock::now();
    printLine();
  }

 private:
  void print(const train::EvaluationRecord& evaluation) {
    std::string line = fmt::format("step {} {}:", evaluation.step, toText(evaluation.split));
    for (size_t k = 0; k < evaluation.tasks.size(); ++k)
      for (const auto& [metric, value] : evaluation.tasks[k])
        line += fmt::format(" {}.{} {}", trainer_.tasks()[k].name, metric, numberText(value, 5));
    err_ << line << '\n';
  }

  void printLine() {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    const auto done = trainer_.stepsDone() - firstStep_;
    const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
    std::string losses;
    for (size_t k = 0; k < newest_.losses.size(); ++k)
      losses += fmt::format(" {} {}", trainer_.tasks()[k].name, numberText(newest_.losses[k], 4));
    err_ << fmt::format(
        "step {}/{} epoch {:.2f} {:.0f} steps/s, {} left, loss{}\n", trainer_.stepsDone(),
        lastStep_, newest_.epoch, rate,
        inMinutes(static_cast<double>(lastStep_ - trainer_.stepsDone()) / std::max(rate, 1e-9)),
        losses);
  }

  const train::Trainer& trainer_;
  std::int64_t firstStep_;
  std::int64_t lastStep_;
  std::ostream& err_;
  train::StepRecord newest_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point printed_ = Clock::now();
};

/// Calls `apply` with the command; an error names the entry.
template <typename Apply>
void applyNamed(const TimedCommand& timed, Apply apply) {
  try {
    apply(timed.command);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", timed.place, error.what()), error.kind(), error.context());
  }
}

/// Says in the run, and where no events are shown on err, which commands were left out.
template <typename Commands>
void tellLeftOut(run::Runner& runner, const Commands& commands, const std::string& why,
                 const DriveOptions& options, std::ostream& err) {
  if (commands.empty()) return;
  const auto& first = commands.front();
  std::string text = fmt::format("{} (step {})", first.place, first.step);
  if (commands.size() > 1) text += fmt::format(" and {} more", commands.size() - 1);
  text += fmt::format(": not applied, as {}", why);
  runner.note(text);
  if (options.quiet) err << text << '\n';
}

/// Does what others ask for by `send`, and waits while they want that. \returns whether the run is
/// to stop.
bool obeyMail(run::Runner& runner) {
  auto asked = runner.readMail();
  bool paused = asked.paused.value_or(false);
  while (paused && !asked.stop && !EndSignals::arrived()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    runner.take();
    asked = runner.readMail();
    paused = asked.paused.value_or(true);
  }
  return asked.stop;
}

/// Whether the run is to be stopped where it is, which it notes.
bool isJudged(run::Runner& runner, const DriveOptions& options, const run::Records& records) {
  if (!options.judge || runner.trainer().finished()) return false;
  const auto why = options.judge(records.evaluations);
  if (!why.empty()) runner.note("stopped, as it is " + why);
  return !why.empty();
}

void train(run::Runner& runner, const DriveOptions& options, std::int64_t lastStep,
           std::ostream& err) {
  Progress progress(runner.trainer(), lastStep, err);
  if (!options.quiet) progress.update(runner.take());
  if (isJudged(runner, options, {})) return;
  const auto began = runner.trainer().stepsDone();
  const auto first = std::find_if(options.commands.begin(), options.commands.end(),
                                  [&](const TimedCommand& timed) { return timed.step >= began; });
  auto due = first;
  auto taken = Clock::now();
  while (!EndSignals::arrived() && !runner.finished() && runner.trainer().stepsDone() < lastStep) {
    if (obeyMail(runner)) break;
    if (EndSignals::arrived()) break;
    for (; due != options.commands.end() && due->step <= runner.trainer().stepsDone(); ++due)
      applyNamed(*due, [&](const train::Command& command) { runner.apply(command); });
    runner.step();
    const bool isLooked = options.judge && runner.trainer().evaluationIsDue();
    if (!isLooked && Clock::now() - taken < std::chrono::milliseconds(250)) continue;
    taken = Clock::now();
    const run::Records records = runner.take();
    if (!options.quiet) progress.update(records);
    if (isLooked && isJudged(runner, options, records)) break;
  }
  tellLeftOut(runner, std::span(options.commands.begin(), first),
              fmt::format("the run was at step {} already", began), options, err);
  tellLeftOut(runner, std::span(due, options.commands.end()),
              fmt::format("training ended at step {}", runner.trainer().stepsDone()), options, err);
}

/// After a mistake of the person's: what was trained until then stays.
void closeOrFail(run::Runner& runner, const std::string& message) {
  try {
    runner.close();
  } catch (const std::exception&) {
    runner.fail(message);
  }
}

void report(const run::Runner& runner, const DriveOptions& options, std::ostream& out) {
  if (!options.json) {
    out << runner.folder().string() << '\n';
    return;
  }
  out << jsonText({{"run", runner.folder().string()},
                   {"steps", runner.trainer().stepsDone()},
                   {"finished", runner.trainer().finished()}})
      << '\n';
}

}  // namespace

std::vector<TimedCommand> readCommands(const std::string& file, Context& context) {
  const nlohmann::json list = readInput(file, context);
  if (!list.is_array()) fail("{}: expected a list of commands, found {}", file, list.type_name());
  std::vector<TimedCommand> commands;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string place = fmt::format("{}[{}]", file, i);
    if (!list[i].is_object() || !list[i].contains("step") || !list[i]["step"].is_number_integer() ||
        !list[i].contains("command"))
      fail("{}: expected {{\"step\": N, \"command\": {{...}}}}, found {}", place, list[i].dump());
    for (const auto& [key, value] : list[i].items())
      if (key != "step" && key != "command")
        fail("{}.{}: unknown key; there are step and command", place, key);
    if (list[i]["step"].get<std::int64_t>() < 0)
      fail("{}.step: updates are counted from 0, found {}", place, list[i]["step"].dump());
    const std::string commandPlace = place + ".command";
    commands.push_back({list[i]["step"].get<std::int64_t>(),
                        train::commandFromJson(list[i]["command"], commandPlace), commandPlace});
    if (i > 0 && commands[i].step < commands[i - 1].step)
      fail("{}.step: commands must be in order of step; {} comes after {}", place, commands[i].step,
           commands[i - 1].step);
  }
  return commands;
}

void rehearse(const std::vector<TimedCommand>& commands, const train::Trainer& trainer) {
  if (commands.empty()) return;
  const auto twin = trainer.twin();
  for (const auto& timed : commands)
    if (timed.step >= trainer.stepsDone())
      applyNamed(timed, [&](const train::Command& command) { twin->apply(command); });
}

void trainToEnd(run::Runner& runner, const DriveOptions& options, Context& context) {
  const auto total = runner.trainer().totalSteps();
  const auto lastStep = std::min(options.steps.value_or(total), total);
  try {
    train(runner, options, lastStep, context.err);
    if (options.leaves && EndSignals::arrived() && !runner.finished())
      runner.leave();
    else
      runner.close();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::failure)
      runner.fail(error.what());
    else
      closeOrFail(runner, error.what());
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();  // LibTorch's go on with a stack trace
    runner.fail(text.substr(0, text.find('\n')));
    throw;
  }
  if (!options.quiet) Progress(runner.trainer(), lastStep, context.err).update(runner.take());
  if (const int signal = EndSignals::arrived()) {
    context.err << "interrupted; continue with: equipoise-cli resume " << runner.folder().string()
                << '\n';
    context.exitCode = 128 + signal;
  }
}

void notifyEnd(const std::string& command, const run::EndNotice& notice, Context& context) {
  if (command.empty()) return;
  try {
    run::runCommand(command, notice);
  } catch (const Error& error) {
    context.err << "warning: --notify: " << error.what() << '\n';
  }
}

void drive(run::Runner& runner, const DriveOptions& options, Context& context) {
  try {
    trainToEnd(runner, options, context);
  } catch (const std::exception&) {
    notifyEnd(options.notify, run::noticeOf(runner.folder()), context);
    throw;
  }
  report(runner, options, context.out);
  context.out.flush();
  notifyEnd(options.notify, run::noticeOf(runner.folder()), context);
}

}  // namespace eq::cli
