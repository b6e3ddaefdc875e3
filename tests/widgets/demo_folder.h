#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/run/run_folder.h"
#include "core/train/experiment.h"
#include "widgets/demo_run.h"

namespace eq::widgets {

/// An experiment that names no files.
inline train::Experiment demoExperiment(const std::string& name, std::uint64_t seed = 1) {
  auto out = train::experimentFromJson(nlohmann::json::parse(R"({
    "data": {"id": "two_valleys"}, "model": {"id": "point"}, "batch_size": 1, "threads": 1})"));
  out.name = name;
  out.seed = seed;
  return out;
}

/// A new run in a folder of its own below `workspace`, that goes on as long as this lives.
inline std::unique_ptr<run::RunWriter> beginDemoRun(const std::filesystem::path& folder,
                                                    const train::Experiment& experiment,
                                                    int tasks = 2) {
  std::filesystem::create_directories(folder);
  return run::RunWriter::create(folder, {train::toJson(experiment), {}, demoTasks(tasks), 1000});
}

/// A stopped run of so many steps.
inline std::filesystem::path makeDemoRun(const std::filesystem::path& folder,
                                         const train::Experiment& experiment,
                                         const run::Records& records, int tasks = 2) {
  const auto writer = beginDemoRun(folder, experiment, tasks);
  writer->append(records);
  writer->setState(run::RunState::stopped);
  return folder;
}

/// A fork of it that has taken further steps.
inline std::filesystem::path forkDemoRun(const std::filesystem::path& folder,
                                         const std::filesystem::path& parent, std::int64_t step,
                                         const run::Records& more) {
  std::filesystem::create_directories(folder);
  const run::RunReader reader(parent);
  run::RunWriter::ForkStart start;
  start.parent = parent;
  start.parentId = reader.info().id;
  start.step = step;
  start.experiment = reader.experiment();
  start.totalSteps = reader.info().totalSteps;
  start.events = {demoEvent(step, "started", "forked")};
  const auto writer = run::RunWriter::createFork(folder, start, [](const run::Position&) {});
  writer->append(more);
  writer->setState(run::RunState::stopped);
  return folder;
}

}  // namespace eq::widgets
