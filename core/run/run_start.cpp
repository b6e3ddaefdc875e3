#include "core/run/run_start.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <ranges>
#include <thread>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/safetensors.h"
#include "core/run/slug.h"
#include "core/run/teacher.h"
#include "core/run/whereabouts.h"
#include "core/train/experiment_files.h"
#include "core/train/schedule.h"
#include "core/train/teaching.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

std::string timeStamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
  return text;
}

/// An empty folder that would not survive a loss of power is not left behind.
void syncNew(const fs::path& folder) {
  try {
    const fs::path parent = folder.parent_path();
    syncFolder(parent.empty() ? "." : parent);
  } catch (const Error&) {
    std::error_code ignored;
    fs::remove(folder, ignored);
    throw;
  }
}

std::string sizesOf(const nlohmann::json& data) {
  return fmt::format(
      "{} examples to train, {} to validate and {} to test", data.at("train").get<std::int64_t>(),
      data.at("validation").get<std::int64_t>(), data.at("test").get<std::int64_t>());
}

/// \returns the splits whose values are not those of the checkpoint; one of an earlier version does
/// not say. \throws Error when the sizes are not: there is no state of the sampler for them.
std::vector<std::string> changedData(const train::Snapshot& snapshot, const train::Trainer& trainer,
                                     const std::string& name) {
  const auto before = snapshot.meta.find("data");
  if (before == snapshot.meta.end()) return {};
  const auto now = trainer.snapshot().meta.at("data");
  const auto& spec = trainer.experiment().data;
  const std::string path = spec.params.value("path", std::string());
  if (sizesOf(*before) != sizesOf(now))
    fail(
        "{}: made with {}, but the data ({}{}{}) now have {}; give the data back as they were, or "
        "start a new run",
        name, sizesOf(*before), spec.id, path.empty() ? "" : " ", path, sizesOf(now));
  return train::changedSplits(*before, now);
}

/// The experiment as it goes on. \throws Error when its data are not there.
Located changed(const nlohmann::json& experiment, const RunReader& reader, const Changes& changes) {
  const Whereabouts whereabouts(reader, changes.data);
  auto located = whereabouts.locate(experiment);
  whereabouts.requireData(located.experiment);
  if (!changes.device.empty()) located.experiment.device = changes.device;
  return located;
}

/// Whether the learning rates until now would have been others with another number of steps.
bool ratesDepend(const train::Trainer& trainer, std::int64_t formerTotal) {
  const auto& spec = trainer.experiment().schedule;
  const auto schedule = train::schedules().create(spec.id, spec.params, "schedule");
  for (std::int64_t step = 0; step < trainer.stepsDone(); ++step)
    if (schedule->factor(step, formerTotal) != schedule->factor(step, trainer.totalSteps()))
      return true;
  return false;
}

/// What more or fewer epochs mean for a trainer that stands where it goes on.
std::string longerInWords(const train::Trainer& trainer, double before, const std::string& name) {
  const auto& experiment = trainer.experiment();
  const auto total = trainer.totalSteps();
  if (trainer.finished())
    fail("{}: epochs: {} are {} steps, and the run has done {}; name more", name, experiment.epochs,
         total, trainer.stepsDone());
  auto text = fmt::format("trains {} epochs instead of {}", experiment.epochs, before);
  const auto former = std::max<std::int64_t>(
      1, std::llround(before * static_cast<double>(trainer.stepsPerEpoch())));
  if (ratesDepend(trainer, former))
    text += fmt::format(
        ": the schedule {} depends on the number of all steps, so the run is not the one that {} "
        "epochs would have given from the start",
        experiment.schedule.id, experiment.epochs);
  return text;
}

/// 0 where the record does not tell.
std::int64_t threadsAtStart(const RunReader& reader) {
  for (const auto& event : reader.events())
    if (event.kind == "started" || event.kind == "resumed")
      return event.detail.value("threads", std::int64_t{0});
  return 0;
}

Restored restoreChecked(const train::Snapshot& snapshot, const std::string& name,
                        const RunReader& reader, const Changes& changes) {
  const auto& meta = snapshot.meta;
  const auto located = changed(meta.at("experiment"), reader, changes);
  const auto& experiment = located.experiment;
  useThreadsOf(experiment, meta.at("threads").get<std::int64_t>());
  Restored restored;
  restored.trainer = makeTrainer(experiment, Beginning::restored);
  restored.moves = located.moves;
  restored.otherData = changedData(snapshot, *restored.trainer, name);
  if (snapshot.meta.contains("data"))
    restored.otherTeachers =
        train::changedTeachers(snapshot.meta["data"], restored.trainer->snapshot().meta.at("data"));
  restored.trainer->restore(snapshot);
  restored.position = {meta.at("records").at("events").get<std::int64_t>(),
                       meta.at("records").at("evaluations").get<std::int64_t>()};
  restored.seconds = meta.at("seconds").get<double>();
  restored.differences = differencesFrom(meta, *restored.trainer);
  if (changes.epochs) prolong(restored, *changes.epochs, name);
  return restored;
}

}  // namespace

fs::path makeRunFolder(const fs::path& workspace, const std::string& experimentName) {
  makeFolders(workspace);
  const std::string name = timeStamp() + "-" + slugOf(experimentName);
  for (int number = 1;; ++number) {
    const fs::path folder = workspace / (number == 1 ? name : fmt::format("{}-{}", name, number));
    std::error_code code;
    if (fs::create_directory(folder, code)) {
      syncNew(folder);
      return folder;
    }
    if (code) throw fileError(folder, "cannot be made", code.value());
  }
}

std::vector<std::string> differencesFrom(const nlohmann::json& made,
                                         const train::Trainer& trainer) {
  std::vector<std::string> found;
  const auto torch = made.at("torch").get<std::string>();
  const auto device = made.at("device").get<std::string>();
  const auto threads = made.at("threads").get<std::int64_t>();
  if (torch != train::torchVersion())
    found.push_back(fmt::format("LibTorch {} instead of {}", train::torchVersion(), torch));
  const auto& now = trainer.experiment().device;
  if (device != now && device != now + ":0" && device + ":0" != now)
    found.push_back(fmt::format("the device {} instead of {}", now, device));
  if (threads != train::threadsInUse())
    found.push_back(
        fmt::format("another number of threads, {} instead of {}", train::threadsInUse(), threads));
  return found;
}

std::int64_t useThreadsOf(const train::Experiment& experiment, std::int64_t recorded) {
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  if (experiment.threads > 0) return train::useThreads(experiment.threads);
  return train::useThreads(recorded <= cores ? recorded : 0);
}

void prolong(Restored& restored, double epochs, const std::string& name) {
  const auto& fields = train::experimentFields();
  check(*std::ranges::find(fields, "epochs", &ParameterSpec::name), epochs, "epochs");
  const double before = restored.trainer->experiment().epochs;
  restored.trainer->setEpochs(epochs);
  restored.longer = longerInWords(*restored.trainer, before, name);
}

Restored restart(const RunReader& reader, const Changes& changes) {
  const auto located = changed(reader.experiment(), reader, changes);
  useThreadsOf(located.experiment, threadsAtStart(reader));
  Restored restored;
  restored.trainer = makeTrainer(located.experiment);
  restored.isBeginning = true;
  restored.moves = located.moves;
  if (changes.epochs) prolong(restored, *changes.epochs, reader.folder().string());
  return restored;
}

Restored restore(const train::Snapshot& snapshot, const std::string& name, const RunReader& reader,
                 const Changes& changes) {
  try {
    return restoreChecked(snapshot, name, reader, changes);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("{}: is not the checkpoint of a run; take another one", name),
                ErrorKind::user, error.what());
  }
}

std::string inWords(const Restored& restored) {
  std::string text;
  if (!restored.differences.empty())
    text += fmt::format(" with {}: the last digits may differ",
                        fmt::join(restored.differences, " and "));
  if (!restored.longer.empty()) text += "; " + restored.longer;
  for (const auto& move : restored.moves) text += "; " + move;
  if (!restored.otherData.empty())
    text += fmt::format("; the {} data differ from those of the checkpoint",
                        fmt::join(restored.otherData, " and "));
  if (!restored.otherTeachers.empty())
    text += fmt::format("; the teacher of {} was trained anew since the checkpoint",
                        fmt::join(restored.otherTeachers, " and of "));
  return text;
}

Checkpoint newestIntact(const fs::path& folder, std::int64_t last) {
  const auto checkpoints = allCheckpointsIn(folder);
  Checkpoint newest;
  for (const auto& found : std::views::reverse(checkpoints)) {
    if (found.step > last) continue;
    const std::string bytes = readWhole(found.path);  // an intact one may be out of reach just now
    try {
      newest.snapshot = fromSafetensors(bytes, found.path.string());
    } catch (const Error& error) {
      newest.damaged.push_back(error.what());
      continue;
    }
    newest.step = found.step;
    newest.file = found.path;
    break;
  }
  return newest;
}

Checkpoint newestCheckpoint(const fs::path& folder) {
  auto newest = newestIntact(folder, std::numeric_limits<std::int64_t>::max());
  if (newest.step < 0 && !newest.damaged.empty())
    fail("{}: no checkpoint is intact: {}", folder.string(), newest.damaged.front());
  return newest;
}

void setAsideAfter(const fs::path& folder, std::int64_t step) {
  for (const auto& found : allCheckpointsIn(folder))
    if (found.step > step) renameFile(found.path, found.path.string() + ".damaged");
}

}  // namespace eq::run
