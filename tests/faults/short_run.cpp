#include "tests/faults/short_run.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <QProcess>

#include "core/base/error.h"
#include "core/run/database.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/train/trainer.h"
#include "tests/core/run/same_records.h"

namespace eq::test {
namespace {

namespace fs = std::filesystem;

using run::Runner;
using run::RunReader;

constexpr std::int64_t kSteps = 26;
constexpr std::int64_t kForkedAt = 8;
constexpr std::int64_t kEvaluatedEvery = 7;
constexpr const char* kExperiment = R"({"name": "short",
  "data": {"id": "two_valleys", "start": "upper_left"}, "model": {"id": "point"},
  "optimizer": {"id": "adam", "lr": 0.002}, "batch_size": 1, "epochs": 26, "threads": 1,
  "conflict": {"every": 10}, "evaluate_every": 7, "checkpoint_every": 8})";

std::string textOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<train::StepRecord> stepsOf(const fs::path& folder) {
  auto steps = RunReader(folder).steps();
  for (auto& step : steps) step.seconds = 0;
  return steps;
}

/// Those that are due. Where a single call failed, the run stops in order and evaluates all splits
/// as it does; these stay as it is resumed.
std::vector<train::EvaluationRecord> evaluationsOf(const fs::path& folder) {
  const RunReader reader(folder);
  auto evaluations = reader.evaluations();
  std::erase_if(evaluations, [end = reader.info().totalSteps](const auto& evaluation) {
    const bool isDue =
        evaluation.split == train::SplitName::validation && evaluation.step % kEvaluatedEvery == 0;
    return !isDue && evaluation.step != end;
  });
  for (auto& evaluation : evaluations) evaluation.seconds = 0;
  return evaluations;
}

/// The newest checkpoint, without what tells of time and place.
std::string stateOf(const fs::path& folder) {
  auto snapshot = run::readSnapshot(RunReader(folder).checkpoints().back().path);
  snapshot.meta.erase("seconds");
  snapshot.meta.erase("records");
  return run::toSafetensors(snapshot);
}

/// The steps N of all lines "step N: checkpoint of step N", also of events.
std::set<std::int64_t> checkpointsSaid(const std::string& text) {
  static const std::regex pattern("checkpoint of step ([0-9]+)\n");
  std::set<std::int64_t> steps;
  for (auto found = std::sregex_iterator(text.begin(), text.end(), pattern);
       found != std::sregex_iterator(); ++found)
    steps.insert(std::stoll((*found)[1]));
  return steps;
}

/// \param said of the run in `folder`.
std::string brokenIn(const fs::path& folder, const std::string& said) {
  train::readExperiment(folder / "experiment.json");
  const RunReader reader(folder);
  const auto firstStep = reader.info().parentStep;  // a fork has no checkpoint of before
  std::string text = said;
  for (const auto& event : reader.events()) text += event.text + '\n';
  run::Database records(run::databaseFile(folder), run::Database::Mode::read);
  auto check = records.prepare("PRAGMA integrity_check");
  if (check.start().next() && check.text(0) != "ok") return check.text(0);
  const auto steps = reader.steps();
  for (const auto step : checkpointsSaid(text)) {
    if (step < firstStep) continue;
    run::readSnapshot(run::checkpointFile(folder, step));
    if (static_cast<std::int64_t>(steps.size()) < step)
      return fmt::format("{} steps, but a checkpoint of {}", steps.size(), step);
  }
  if (said.find("finished after") != std::string::npos && steps.size() != kSteps)
    return fmt::format("finished, but {} steps", steps.size());
  return {};
}

fs::path runsOf(const fs::path& workspace) {
  return workspace / "runs";
}

/// The one run in it that `Work` is about.
std::optional<fs::path> runIn(const fs::path& workspace) {
  std::optional<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(runsOf(workspace), ignored))
    if (run::isRun(entry.path())) found = entry.path();
  return found;
}

bool isPromised(Work work, const std::string& said) {
  return work == Work::resume || said.find("step 0: started") != std::string::npos ||
         said.find(": forked from") != std::string::npos;
}

}  // namespace

ShortRun::ShortRun() {
  std::ofstream(path("short.json")) << kExperiment;
  train::useThreads(1);
  const auto workspace = freshWorkspace(Work::run);
  const auto ended = perform(Work::run, workspace, {});
  if (!ended || ended->killed || ended->code != 0) throw std::runtime_error("the run failed");
  wholeSteps_ = stepsOf(*runIn(workspace));
  wholeEvaluations_ = evaluationsOf(*runIn(workspace));
  wholeState_ = stateOf(*runIn(workspace));
  if (wholeSteps_.size() != kSteps) throw std::runtime_error("the run is not whole");
  makeDied();
}

void ShortRun::makeDied() {
  auto runner = Runner::start(train::readExperiment(path("short.json")), path("."));
  while (runner->trainer().stepsDone() < 19) runner->step();
  runner->take();
  const auto folder = runner->folder();
  runner.reset();
  std::ofstream(run::checkpointFile(folder, 18)) << "damaged";
  std::ofstream(folder / "checkpoints" / ".step-00000024.safetensors.1-0.tmp") << "left";
  fs::rename(folder, path("died"));
}

fs::path ShortRun::path(const std::string& name) const {
  return fs::path(temporary_.path().toStdString()) / name;
}

fs::path ShortRun::freshFolder() {
  const auto folder = path(fmt::format("workspace{}", made_++));
  fs::create_directory(folder);
  return folder;
}

fs::path ShortRun::freshWorkspace(Work work) {
  const auto workspace = freshFolder();
  if (work == Work::run) return workspace;
  const auto place = work == Work::resume ? runsOf(workspace) : workspace;
  fs::create_directories(place);
  fs::copy(path("died"), place / "died", fs::copy_options::recursive);
  return workspace;
}

std::optional<Ended> ShortRun::perform(Work work, const fs::path& workspace,
                                       const Settings& settings) const {
  QProcess process;
  auto environment = QProcessEnvironment::systemEnvironment();
  environment.insert("LD_PRELOAD", EQUIPOISE_FAULT_CALLS);
  environment.insert("EQUIPOISE_FAULT_FOLDER", QString::fromStdString(workspace));
  for (const auto& [name, value] : settings) environment.insert("EQUIPOISE_FAULT_" + name, value);
  process.setProcessEnvironment(environment);
  const auto said = workspace.string() + ".said";
  process.setStandardErrorFile(QString::fromStdString(said));
  const auto runs = QString::fromStdString(runsOf(workspace));
  if (work == Work::run)
    process.start(EQUIPOISE_CLI,
                  {"run", QString::fromStdString(path("short.json")), "--out", runs});
  else if (work == Work::resume)
    process.start(EQUIPOISE_CLI, {"resume", runs + "/died"});
  else
    process.start(EQUIPOISE_FORK,
                  {QString::fromStdString(workspace / "died"), QString::number(kForkedAt), runs});
  if (!process.waitForFinished(60'000)) return std::nullopt;
  return Ended{process.exitStatus() == QProcess::CrashExit, process.exitCode(), textOf(said)};
}

std::string ShortRun::brokenPromise(Work work, const fs::path& workspace,
                                    const std::string& said) const {
  constexpr const char* kBefore = "checkpoint of step 16\n";
  try {
    if (work == Work::fork)
      if (const auto found = brokenIn(workspace / "died", kBefore); !found.empty()) return found;
    const auto folder = runIn(workspace);
    if (!folder) return isPromised(work, said) ? "no run" : "";
    return brokenIn(*folder, (work == Work::resume ? kBefore : "") + said);
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string ShortRun::broken(Work work, const fs::path& workspace, const std::string& said) const {
  if (const auto found = brokenPromise(work, workspace, said); !found.empty()) return found;
  const auto folder = runIn(workspace);
  if (!folder) return {};
  try {
    const auto runner = Runner::resume(*folder);
    while (!runner->finished()) runner->step();
    runner->close();
  } catch (const std::exception& error) {
    return error.what();
  }
  if (!same(stepsOf(*folder), wholeSteps_)) return "other steps than those of an unhindered run";
  if (!same(evaluationsOf(*folder), wholeEvaluations_)) return "other evaluations";
  return stateOf(*folder) == wholeState_ ? "" : "another end";
}

int stride(int byDefault) {
  const auto text = qgetenv("EQUIPOISE_FAULT_STRIDE");
  return text.isEmpty() ? byDefault : text.toInt();
}

}  // namespace eq::test
