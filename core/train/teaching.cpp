#include "core/train/teaching.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/train/lesson.h"

namespace eq::train {
namespace {

/// The teacher's model on the data of the run that it teaches.
std::unique_ptr<Trainer> teacherOn(data::Problem problem, const Snapshot& snapshot,
                                   const Experiment& student) {
  auto experiment = experimentFromJson(snapshot.meta.at("experiment"),
                                       snapshot.meta.at("folder").get<std::string>());
  experiment.device = student.device;
  auto teacher =
      std::make_unique<Trainer>(experiment, std::move(problem), Trainer::Purpose::teaching);
  teacher->restore(snapshot);
  return teacher;
}

size_t taskOf(const std::vector<TaskInfo>& tasks, const std::string& name) {
  const auto found = std::find_if(tasks.begin(), tasks.end(),
                                  [&](const TaskInfo& info) { return info.name == name; });
  if (found == tasks.end()) fail("there is no task {}", name);
  return static_cast<size_t>(found - tasks.begin());
}

void teach(data::Problem& problem, const Experiment& experiment, const TaskSpec& spec,
           const ReadTeacher& read) {
  const auto pupil = taskOf(problem.tasks, spec.name);
  try {
    const auto snapshot = read(spec.teacher);
    const auto lesson = lessonOf(snapshot);
    requireSameTask(lesson, problem.tasks.at(pupil));
    const auto teacher = teacherOn(inScaleOf(lesson, problem), snapshot, experiment);
    teacher->teach(taskOf(teacher->tasks(), spec.name), problem, pupil);
    problem.teachers[spec.name] = hashOf(snapshot, lesson);
  } catch (const nlohmann::json::exception& error) {
    throw Error(spec.teacher + " is not the checkpoint of a run", ErrorKind::user, error.what());
  }
}

}  // namespace

std::unique_ptr<Trainer> taughtTrainer(const Experiment& experiment, const ReadTeacher& read) {
  auto problem = loadProblem(experiment);
  for (size_t k = 0; k < experiment.tasks.size(); ++k) {
    if (experiment.tasks[k].teacher.empty()) continue;
    try {
      teach(problem, experiment, experiment.tasks[k], read);
    } catch (const Error& error) {
      throw Error(fmt::format("tasks[{}].teacher: {}", k, error.what()), error.kind());
    }
  }
  return std::make_unique<Trainer>(experiment, std::move(problem));
}

std::vector<std::string> changedTeachers(const nlohmann::json& before, const nlohmann::json& now) {
  std::vector<std::string> tasks;
  const auto known = before.value("teachers", nlohmann::json::object());
  const auto teachers = now.value("teachers", nlohmann::json::object());
  for (const auto& [task, hash] : known.items())
    if (teachers.value(task, nlohmann::json()) != hash) tasks.push_back(task);
  return tasks;
}

}  // namespace eq::train
