#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/run/run_folder.h"

namespace eq::test {

/// A finished run that nobody trained: two tasks, left and right, with the metric accuracy.
struct RecordedRun {
  nlohmann::json experiment = {{"name", "x"},
                               {"data", {{"id", "two_digits"}}},
                               {"model", {{"id", "cnn"}}},
                               {"seed", 1},
                               {"optimizer", {{"id", "adam"}, {"lr", 0.001}}},
                               {"balancer", {{"weighting", {{"id", "equal"}}}}},
                               {"tasks",
                                {{{"name", "left"},
                                  {"loss", {{"id", "cross_entropy"}}},
                                  {"metrics", {{{"id", "accuracy"}}}}},
                                 {{"name", "right"},
                                  {"loss", {{"id", "cross_entropy"}}},
                                  {"metrics", {{{"id", "accuracy"}}}}}}}};
  run::Records records;

  RecordedRun& set(const std::string& pointer, const nlohmann::json& value) {
    experiment[nlohmann::json::json_pointer(pointer)] = value;
    return *this;
  }

  /// An evaluation: accuracy and loss of left, then of right.
  RecordedRun& at(std::int64_t step, train::SplitName split, const std::vector<double>& values) {
    train::EvaluationRecord record;
    record.step = step;
    record.split = split;
    record.tasks = {{{"accuracy", values.at(0)}, {"loss", values.at(1)}},
                    {{"accuracy", values.at(2)}, {"loss", values.at(3)}}};
    records.evaluations.push_back(record);
    return *this;
  }
  /// The same with one number for all, of the test split at the end.
  RecordedRun& ending(double value) {
    return at(10, train::SplitName::test, {value, value, value, value});
  }

  std::filesystem::path write(const std::filesystem::path& folder) const {
    std::filesystem::create_directories(folder);
    run::RunWriter::Start start;
    start.experiment = experiment;
    start.totalSteps = 10;
    for (const auto* name : {"left", "right"}) {
      TaskInfo task;
      task.name = name;
      start.tasks.push_back(task);
    }
    const auto writer = run::RunWriter::create(folder, start);
    writer->append(records);
    writer->setState(run::RunState::finished);
    return folder;
  }
};

}  // namespace eq::test
