#pragma once

#include "core/data/problem.h"
#include "core/train/snapshot.h"

namespace eq::train {

/// What a teacher's checkpoint says of the inputs that it reads and the tasks that it knows.
struct Lesson {
  std::vector<std::int64_t> inputShape;
  std::vector<data::InputScale> inputs;
  std::vector<TaskInfo> tasks;
};

/// \throws Error when the checkpoint is of an earlier version, which did not write it, and the
/// teacher's data are not there or not those of then.
Lesson lessonOf(const Snapshot& teacher);

/// The problem with inputs as the teacher read them. Where the teacher's table had another mean and
/// deviation, they are converted; a missing number stays the mean of the problem's own table.
/// \throws Error that names the first input that is another one.
data::Problem inScaleOf(const Lesson& teacher, const data::Problem& problem);

/// \throws Error that says in what the task is another one for the teacher.
void requireSameTask(const Lesson& teacher, const TaskInfo& pupil);

/// SHA-256 of all that the teacher's answers depend on: parameters, model and scaling.
std::string hashOf(const Snapshot& teacher, const Lesson& lesson);

}  // namespace eq::train
