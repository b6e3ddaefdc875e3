#include "core/train/lesson.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/data/fingerprint.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

using nlohmann::json;

/// What the current version writes, from the data that the checkpoint of an earlier one names.
json metaFromData(const Snapshot& teacher) {
  const char* remedy =
      "the checkpoint is of an earlier version, which did not write how its inputs were scaled";
  const auto experiment = experimentFromJson(teacher.meta.at("experiment"),
                                             teacher.meta.at("folder").get<std::string>());
  json meta;
  try {
    meta = Trainer(experiment, loadProblem(experiment), Trainer::Purpose::teaching).snapshot().meta;
  } catch (const Error& error) {
    throw Error(fmt::format("{}; its data are needed: {}", remedy, error.what()), error.kind());
  }
  const auto before = teacher.meta.find("data");
  if (before == teacher.meta.end() || !data::changedSplits(*before, meta.at("data")).empty())
    fail("{}, and its data are not those of then; train it anew", remedy);
  return meta;
}

std::string nameOf(const std::vector<data::InputScale>& inputs, size_t i) {
  return i < inputs.size() ? '"' + inputs[i].name + '"' : "without a name";
}

void requireSameInputs(const Lesson& teacher, const data::Problem& problem) {
  for (size_t i = 0; i < std::max(teacher.inputs.size(), problem.inputs.size()); ++i)
    if (nameOf(teacher.inputs, i) != nameOf(problem.inputs, i))
      fail("its input {} is {}, that of this run {}; both must read the same columns in one order",
           i + 1, nameOf(teacher.inputs, i), nameOf(problem.inputs, i));
  if (teacher.inputShape != problem.inputShape)
    fail("its inputs are [{}], those of this run [{}]", fmt::join(teacher.inputShape, ", "),
         fmt::join(problem.inputShape, ", "));
}

/// \throws Error `its classes of c are [a, b], those of this run [b, c]`.
template <typename Value>
void requireSame(const char* what, const std::string& task, const Value& teacher,
                 const Value& pupil) {
  if (teacher != pupil)
    fail("its {} of {}: {}, in this run: {}; a teacher must know the same task", what, task,
         json(teacher).dump(), json(pupil).dump());
}

}  // namespace

Lesson lessonOf(const Snapshot& teacher) {
  const json meta = teacher.meta.contains("inputs") ? teacher.meta : metaFromData(teacher);
  Lesson lesson{meta.at("input_shape").get<std::vector<std::int64_t>>(),
                data::inputScalesFromJson(meta.at("inputs")),
                {}};
  for (const auto& task : meta.at("tasks")) lesson.tasks.push_back(taskInfoFromJson(task));
  return lesson;
}

data::Problem inScaleOf(const Lesson& teacher, const data::Problem& problem) {
  requireSameInputs(teacher, problem);
  data::Problem scaled = problem;
  if (teacher.inputs == problem.inputs) return scaled;
  std::vector<double> factors, shifts;
  for (size_t i = 0; i < teacher.inputs.size(); ++i) {
    const auto &from = problem.inputs[i], &to = teacher.inputs[i];
    factors.push_back(from.scale / to.scale);
    shifts.push_back((from.offset - to.offset) / to.scale);
  }
  const auto factor = at::tensor(factors, at::kDouble), shift = at::tensor(shifts, at::kDouble);
  for (auto* split : {&scaled.train, &scaled.validation, &scaled.test})
    if (split->inputs.defined())
      split->inputs = (split->inputs.to(at::kDouble) * factor + shift).to(at::kFloat);
  return scaled;
}

void requireSameTask(const Lesson& teacher, const TaskInfo& pupil) {
  const auto found = std::find_if(teacher.tasks.begin(), teacher.tasks.end(),
                                  [&](const TaskInfo& task) { return task.name == pupil.name; });
  if (found == teacher.tasks.end()) fail("there is no task {}", pupil.name);
  requireSame("kind", pupil.name, toText(found->kind), toText(pupil.kind));
  requireSame("classes", pupil.name, found->classNames, pupil.classNames);
  requireSame("width", pupil.name, found->width, pupil.width);
  requireSame("unit", pupil.name, found->unit, pupil.unit);
  requireSame("scale (standardize_targets)", pupil.name, found->scale, pupil.scale);
  requireSame("mean (standardize_targets)", pupil.name, found->offset, pupil.offset);
}

std::string hashOf(const Snapshot& teacher, const Lesson& lesson) {
  std::string all = teacher.meta.at("experiment").at("model").dump();
  all += data::toJson(lesson.inputs).dump();
  for (const auto& [name, tensor] : teacher.tensors) {
    if (!name.starts_with("model.")) continue;
    const auto host = tensor.cpu().contiguous();
    all += name + json(host.sizes().vec()).dump();
    all += sha256({static_cast<const char*>(host.const_data_ptr()), host.nbytes()});
  }
  return sha256(all);
}

}  // namespace eq::train
