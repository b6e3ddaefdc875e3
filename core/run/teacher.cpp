#include "core/run/teacher.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/safetensors.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

/// `folder@step`; -1 without a step.
struct Place {
  fs::path folder;
  std::int64_t step = -1;
};

Place placeOf(const std::string& text, const fs::path& base) {
  Place place{text};
  if (const auto at = text.rfind('@'); at != std::string::npos) {
    const auto* end = text.data() + text.size();
    std::int64_t step = 0;
    const auto [stop, code] = std::from_chars(text.data() + at + 1, end, step);
    if (code == std::errc() && stop == end && step >= 0) place = {text.substr(0, at), step};
  }
  if (place.folder.is_relative()) place.folder = base / place.folder;
  return place;
}

std::string pathOf(size_t task) {
  return fmt::format("tasks[{}].teacher", task);
}

/// The teacher's model on the data of the run that it teaches.
std::unique_ptr<train::Trainer> teacherOn(const data::Problem& problem, const Place& place,
                                          const train::Experiment& student) {
  const auto snapshot = readSnapshot(checkpointFile(place.folder, place.step));
  auto experiment = train::experimentFromJson(snapshot.meta.at("experiment"),
                                              snapshot.meta.at("folder").get<std::string>());
  experiment.device = student.device;
  // Its own data are not needed: whatever has this shape of inputs can be asked.
  auto teacher = std::make_unique<train::Trainer>(experiment, problem);
  teacher->restore(snapshot);
  return teacher;
}

size_t taskOf(const train::Trainer& teacher, const TaskInfo& task, const std::string& path) {
  const auto infos = teacher.tasks();
  for (size_t k = 0; k < infos.size(); ++k)
    if (infos[k].name == task.name) return k;
  fail("{}: that run has no task {}", path, task.name);
}

void teach(data::Problem& problem, const train::Experiment& experiment, size_t k) {
  const auto& spec = experiment.tasks[k];
  const auto found = std::find_if(problem.tasks.begin(), problem.tasks.end(),
                                  [&](const TaskInfo& info) { return info.name == spec.name; });
  if (found == problem.tasks.end()) return;  // the trainer says what is wrong with the name
  const auto index = static_cast<size_t>(found - problem.tasks.begin());
  try {
    const auto teacher = teacherOn(problem, placeOf(spec.teacher, experiment.folder), experiment);
    teacher->teach(taskOf(*teacher, *found, pathOf(k)), problem, index);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}: {} is not the checkpoint of a run", pathOf(k), spec.teacher),
                ErrorKind::user, error.what());
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", pathOf(k), error.what()), error.kind());
  }
}

bool hasTeacher(const train::TaskSpec& task) {
  return !task.teacher.empty();
}

}  // namespace

train::Experiment withPinnedTeachers(train::Experiment experiment) {
  for (size_t k = 0; k < experiment.tasks.size(); ++k) {
    auto& teacher = experiment.tasks[k].teacher;
    if (teacher.empty()) continue;
    auto place = placeOf(teacher, experiment.folder);
    if (!isRun(place.folder)) fail("{}: {} is no run folder", pathOf(k), place.folder.string());
    if (place.step < 0) place.step = newestCheckpoint(place.folder).step;
    if (place.step < 0 || !fs::exists(checkpointFile(place.folder, place.step)))
      fail("{}: {} has no checkpoint of {}", pathOf(k), place.folder.string(),
           place.step < 0 ? "any step" : fmt::format("step {}", place.step));
    teacher =
        fmt::format("{}@{}", fs::absolute(place.folder).lexically_normal().string(), place.step);
  }
  return experiment;
}

std::unique_ptr<train::Trainer> makeTrainer(const train::Experiment& given) {
  if (std::none_of(given.tasks.begin(), given.tasks.end(), hasTeacher))
    return std::make_unique<train::Trainer>(given);
  const auto experiment = withPinnedTeachers(given);
  auto problem = train::loadProblem(experiment);
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    if (hasTeacher(experiment.tasks[k])) teach(problem, experiment, k);
  return std::make_unique<train::Trainer>(experiment, std::move(problem));
}

}  // namespace eq::run
