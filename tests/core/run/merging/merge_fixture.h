#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/run/merging/merge_runs.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/train/settings.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace eq::test {

/// A base of some tasks and an expert a task, each some steps long.
class MergeFixture {
 public:
  /// \param changes settings of the experiment, by default one of three tasks of numbers.
  explicit MergeFixture(std::filesystem::path folder, const std::vector<std::string>& changes = {},
                        const nlohmann::json& given = threeNumbers())
      : folder_(std::move(folder)) {
    auto experiment = train::experimentFromJson(given, inSource("samples"));
    experiment = train::withSettings(experiment, train::settingsFromTexts(changes));
    const auto runner = run::Runner::start(experiment, folder_ / "bases");
    trainTo(*runner, kBaseSteps);
    base = runner->folder();
    tasks_ = runner->trainer().tasks().size();
    for (size_t k = 0; k < tasks_; ++k) experts.push_back(expert({onlyTask(k)}));
  }

  static constexpr std::int64_t kBaseSteps = 12, kSteps = 40;

  static nlohmann::json threeNumbers() {
    return nlohmann::json::parse(R"({
      "name": "base", "data": {"id": "scale_imbalance", "scales": [1, 3, 10], "inputs": 5,
                               "outputs": 2, "train": 64, "validation": 32, "test": 16},
      "model": {"id": "mlp", "hidden": [8, 8], "dropout": 0.1},
      "optimizer": {"id": "adam", "lr": 0.01}, "conflict": {"every": 0},
      "batch_size": 16, "epochs": 20, "threads": 1})");
  }
  /// Classes and a number.
  static nlohmann::json wine() {
    return nlohmann::json::parse(R"({
      "name": "wine", "data": {"id": "table", "path": "data/wine.csv", "standardize_targets": true,
                               "targets": [{"column": "cultivar", "kind": "class"},
                                           {"column": "proline", "kind": "number"}]},
      "model": {"id": "mlp", "hidden": [8, 8]}, "optimizer": {"id": "adam", "lr": 0.01},
      "conflict": {"every": 0}, "batch_size": 16, "epochs": 20, "threads": 1})");
  }
  /// Small images of two tasks.
  static nlohmann::json pictures() {
    return nlohmann::json::parse(R"({
      "name": "pictures", "data": {"id": "two_digits", "train_pairs": 64, "validation_pairs": 32,
                                   "test_pairs": 16},
      "model": {"id": "cnn", "channels": [3, 4]}, "optimizer": {"id": "adam", "lr": 0.01},
      "conflict": {"every": 0}, "batch_size": 16, "epochs": 20, "threads": 1})");
  }

  /// Settings that leave one task on.
  std::vector<std::string> onlyTask(size_t task) const {
    std::vector<std::string> settings;
    for (size_t k = 0; k < tasks_; ++k)
      settings.push_back(fmt::format("tasks[{}].enabled={}", k, k == task));
    return settings;
  }

  /// A fork of the base, changed and trained on. \returns its folder.
  std::string expert(const std::vector<std::vector<std::string>>& settings) const {
    std::vector<std::string> all;
    for (const auto& some : settings) all.insert(all.end(), some.begin(), some.end());
    const auto runner = run::Runner::fork(base, kBaseSteps, folder_ / "experts", {}, {all, {}});
    trainTo(*runner, kSteps);
    return runner->folder().string();
  }

  run::MergeRequest request(const std::string& id,
                            const nlohmann::json& params = nlohmann::json::object()) const {
    run::MergeRequest request;
    request.id = id;
    request.params = params;
    request.base = base.string();
    request.runs = experts;
    request.out = folder_ / fmt::format("merged-{}", made_++);
    return request;
  }

  static void trainTo(run::Runner& runner, std::int64_t step) {
    while (runner.trainer().stepsDone() < step) runner.step();
    runner.close();
  }

  static train::Snapshot lastCheckpoint(const std::filesystem::path& run) {
    return run::readSnapshot(run::checkpointsIn(run).back().path);
  }

  std::filesystem::path base;
  std::vector<std::string> experts;

 private:
  std::filesystem::path folder_;
  size_t tasks_ = 0;
  mutable int made_ = 0;
};

}  // namespace eq::test
