#include "core/run/teacher.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/safetensors.h"
#include "core/run/whereabouts.h"
#include "core/train/teaching.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

TeacherPlace placeOf(const std::string& text, const fs::path& base) {
  auto place = teacherPlace(text);
  if (place.folder.is_relative()) place.folder = base / place.folder;
  return place;
}

/// With the files of now: the teacher's run may have been moved along with its project.
train::Snapshot readTeacher(const TeacherPlace& place) {
  auto snapshot = readSnapshot(checkpointFile(place.folder, place.step));
  const auto located =
      Whereabouts(RunReader(place.folder)).locate(snapshot.meta.at("experiment")).experiment;
  snapshot.meta["experiment"] = train::toJson(located);
  snapshot.meta["folder"] = located.folder.string();
  return snapshot;
}

std::string pathOf(size_t task) {
  return fmt::format("tasks[{}].teacher", task);
}

bool hasTeacher(const train::TaskSpec& task) {
  return !task.teacher.empty();
}

}  // namespace

TeacherPlace teacherPlace(const std::string& text) {
  const auto at = text.rfind('@');
  if (at == std::string::npos) return {text};
  const auto* end = text.data() + text.size();
  std::int64_t step = 0;
  const auto [stop, code] = std::from_chars(text.data() + at + 1, end, step);
  if (code != std::errc() || stop != end || step < 0) return {text};
  return {text.substr(0, at), step};
}

train::Experiment withPinnedTeachers(train::Experiment experiment) {
  for (size_t k = 0; k < experiment.tasks.size(); ++k) {
    auto& teacher = experiment.tasks[k].teacher;
    if (teacher.empty()) continue;
    auto place = placeOf(teacher, experiment.folder);
    if (!isRun(place.folder)) fail("{}: {} is no run folder", pathOf(k), place.folder.string());
    if (place.step < 0) place.step = newestCheckpoint(place.folder).step;
    std::error_code ignored;
    if (place.step < 0 || !fs::exists(checkpointFile(place.folder, place.step), ignored))
      fail("{}: {} has no checkpoint of {}", pathOf(k), place.folder.string(),
           place.step < 0 ? "any step" : fmt::format("step {}", place.step));
    // A relative path stays one, so that it moves along with the project.
    teacher = fmt::format("{}@{}", teacherPlace(teacher).folder.string(), place.step);
  }
  return experiment;
}

std::unique_ptr<train::Trainer> makeTrainer(const train::Experiment& given) {
  if (std::none_of(given.tasks.begin(), given.tasks.end(), hasTeacher))
    return std::make_unique<train::Trainer>(given);
  const auto experiment = withPinnedTeachers(given);
  return train::taughtTrainer(experiment, [&](const std::string& teacher) {
    return readTeacher(placeOf(teacher, experiment.folder));
  });
}

std::vector<fs::path> teacherFolders(const train::Experiment& experiment) {
  std::vector<fs::path> folders;
  for (const auto& task : experiment.tasks)
    if (hasTeacher(task)) folders.push_back(placeOf(task.teacher, experiment.folder).folder);
  return folders;
}

}  // namespace eq::run
