#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/train/experiment.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"

namespace eq::train {

/// Reads the checkpoint that TaskSpec::teacher names.
using ReadTeacher = std::function<Snapshot(const std::string& teacher)>;

/// A trainer whose tasks have the logits of their teachers, as the field "teacher", for every
/// example. \throws Error when data, device or a teacher do not fit.
std::unique_ptr<Trainer> taughtTrainer(const Experiment& experiment, const ReadTeacher& read);

/// The tasks whose teacher is another one. \param before and `now` are the field "data" of two
/// snapshots' metadata; one of an earlier version does not tell.
std::vector<std::string> changedTeachers(const nlohmann::json& before, const nlohmann::json& now);

}  // namespace eq::train
