#include "core/run/teacher.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/safetensors.h"
#include "core/run/weights_file.h"
#include "core/run/whereabouts.h"
#include "core/train/teaching.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

RunPlace placeOf(const std::string& text, const fs::path& base) {
  auto place = runPlace(text);
  if (place.folder.is_relative()) place.folder = base / place.folder;
  return place;
}

/// With the files of now: the teacher's run may have been moved along with its project.
train::Snapshot readTeacher(const RunPlace& place) {
  auto snapshot = readSnapshot(checkpointFile(place.folder, place.step));
  const auto located =
      Whereabouts(RunReader(place.folder)).locate(snapshot.meta.at("experiment")).experiment;
  snapshot.meta["experiment"] = train::toJson(located);
  snapshot.meta["folder"] = located.folder.string();
  return snapshot;
}

fs::path runOf(const RunPlace& place, const std::string& path) {
  try {
    return runFolder(place.folder);
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
}

/// The text with its checkpoint named. \param path for messages: "init.run".
std::string pinned(const std::string& text, const fs::path& base, const std::string& path) {
  auto place = placeOf(text, base);
  const auto run = runOf(place, path);
  // A relative path stays one, so that it moves along with the project.
  const auto given = runPlace(text).folder;
  const auto named = run == place.folder ? given : given / run.filename();
  place.folder = run;
  if (place.step < 0) place.step = newestCheckpoint(place.folder).step;
  std::error_code ignored;
  if (place.step < 0 || !fs::exists(checkpointFile(place.folder, place.step), ignored))
    fail("{}: {} has no checkpoint of {}", path, place.folder.string(),
         place.step < 0 ? "any step" : fmt::format("step {}", place.step));
  return fmt::format("{}@{}", named.string(), place.step);
}

/// What is no run is refused where it is read.
fs::path runOrItself(const RunPlace& place) {
  try {
    return runFolder(place.folder);
  } catch (const Error&) {
    return place.folder;
  }
}

bool hasTeacher(const train::TaskSpec& task) {
  return !task.teacher.empty();
}

bool hasTeachers(const train::Experiment& experiment) {
  return std::any_of(experiment.tasks.begin(), experiment.tasks.end(), hasTeacher);
}

train::Experiment withPinnedTeachers(train::Experiment experiment) {
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    if (auto& teacher = experiment.tasks[k].teacher; !teacher.empty())
      teacher = pinned(teacher, experiment.folder, fmt::format("tasks[{}].teacher", k));
  return experiment;
}

/// What `init` names; which it is, the experiment says from then on.
train::Weights pinnedWeights(train::Experiment& experiment) {
  auto& init = experiment.init;
  if (init.run.empty()) return readWeights(init, experiment.folder);
  init.run = pinned(init.run, experiment.folder, "init.run");
  const auto place = placeOf(init.run, experiment.folder);
  return train::weightsOf(readSnapshot(checkpointFile(place.folder, place.step)), init.run);
}

std::unique_ptr<train::Trainer> trainerOf(const train::Experiment& experiment) {
  if (!hasTeachers(experiment)) return std::make_unique<train::Trainer>(experiment);
  return train::taughtTrainer(experiment, [&](const std::string& teacher) {
    return readTeacher(placeOf(teacher, experiment.folder));
  });
}

}  // namespace

bool readsOthers(const train::Experiment& experiment) {
  return hasTeachers(experiment) || experiment.init.given();
}

std::unique_ptr<train::Trainer> makeTrainer(const train::Experiment& given, Beginning beginning) {
  auto experiment = withPinnedTeachers(given);
  if (beginning == Beginning::restored || !experiment.init.given()) return trainerOf(experiment);
  const auto weights = pinnedWeights(experiment);
  auto trainer = trainerOf(experiment);
  trainer->begin(weights);
  return trainer;
}

std::vector<fs::path> teacherFolders(const train::Experiment& experiment) {
  std::vector<fs::path> folders;
  for (const auto& task : experiment.tasks)
    if (hasTeacher(task)) folders.push_back(runOrItself(placeOf(task.teacher, experiment.folder)));
  return folders;
}

}  // namespace eq::run
