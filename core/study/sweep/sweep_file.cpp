#include "core/study/sweep/sweep_file.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/atomic_file.h"
#include "core/run/teacher.h"
#include "core/study/sweep/dominated.h"
#include "core/study/sweep/linear.h"
#include "core/study/sweep/rungs.h"
#include "core/train/rehearsal.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Calls `work`; an error begins with the file.
template <typename Work>
auto inFile(const fs::path& file, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", file.string(), error.what()), error.kind(), error.context());
  }
}

/// "; with optimizer.lr = 0.1 and seed = 1".
std::string settingsInWords(const SweepRun& run) {
  std::vector<std::string> parts;
  for (const auto& setting : run.settings)
    parts.push_back(fmt::format("{} = {}", setting.path, setting.value.dump()));
  return fmt::format("; with {}", fmt::join(parts, ", "));
}

/// Calls `work`; an error begins with the file and ends with what was tried.
template <typename Work>
auto ofRun(const SweepFile& file, const SweepRun& run, Work work) {
  return inFile(file.file, [&] {
    try {
      return work();
    } catch (const Error& error) {
      throw Error(error.what() + settingsInWords(run), error.kind(), error.context());
    }
  });
}

SweepRun withSeed(const Combination& combination, std::uint64_t seed) {
  SweepRun run{combination.settings, combination.fields, seed};
  const auto own = std::find_if(run.settings.begin(), run.settings.end(),
                                [](const auto& setting) { return setting.path == "seed"; });
  if (own == run.settings.end())
    run.settings.push_back({"seed", seed});
  else if (own->value.is_number_unsigned())
    run.seed = own->value.get<std::uint64_t>();
  return run;
}

std::vector<std::uint64_t> seedsOf(const SweepFile& file,
                                   const std::vector<Combination>& combinations) {
  const bool field = std::any_of(combinations.begin(), combinations.end(),
                                 [](const auto& one) { return one.fields.contains("seed"); });
  if (field && !file.sweep.seeds.empty())
    fail("sweep.seeds: the seed is one of sweep.fields as well; take one of them away");
  if (file.sweep.seeds.empty()) return {file.base.seed};
  return file.sweep.seeds;
}

}  // namespace

bool isSweepFile(const fs::path& file) {
  const json value = readJsonFile(file);
  return value.is_object() && value.contains("sweep");
}

SweepFile readSweepFile(const fs::path& file) {
  readJsonFile(file);  // says what cannot be read, or is no JSON
  return parseSweepFile(run::readWhole(file), file, fs::absolute(file).parent_path());
}

SweepFile parseSweepFile(const std::string& text, const fs::path& place, const fs::path& folder) {
  json value = parseJson(text, place.string());
  return inFile(place, [&] {
    if (!value.is_object() || !value.contains("sweep"))
      fail("sweep: is missing: there is one run, which equipoise-cli run trains");
    value.erase("sweep");
    SweepFile out{place, text, {}, train::experimentFromJson(value, folder)};
    out.sweep = sweepFromJson(nlohmann::ordered_json::parse(text).at("sweep"));
    dominanceOf(out);  // which checks it
    return out;
  });
}

std::vector<SweepRun> runsOf(const SweepFile& file, const ScaleOf& scale) {
  return inFile(file.file, [&] {
    const auto combinations = combinationsOf(file.sweep, train::toJson(file.base));
    const auto seeds = seedsOf(file, combinations);
    std::vector<SweepRun> runs;
    for (const auto& combination : combinations) {
      std::vector<SweepRun> ofSeeds;
      for (const auto seed : seeds) ofSeeds.push_back(withSeed(combination, seed));
      if (file.sweep.method == "linear") ofSeeds = weighted(file, ofSeeds, scale);
      runs.insert(runs.end(), ofSeeds.begin(), ofSeeds.end());
    }
    return runs;
  });
}

train::Experiment experimentOf(const SweepFile& file, const train::Experiment& base,
                               const SweepRun& run) {
  return ofRun(file, run, [&] { return train::withSettings(base, run.settings); });
}

train::Experiment baseFor(const SweepFile& file, const std::vector<SweepRun>& runs) {
  const auto ofData = [](const train::Setting& setting) {
    return setting.path.starts_with("data");
  };
  bool tasks = false;
  for (const auto& run : runs) {
    if (std::any_of(run.settings.begin(), run.settings.end(), ofData)) return file.base;
    tasks = tasks || train::namesTask(run.settings);
  }
  if (!tasks) return file.base;
  return inFile(file.file, [&] { return train::withTasks(file.base); });
}

std::int64_t checkRuns(const SweepFile& file, const std::vector<SweepRun>& runs) {
  // Other seeds of a combination differ in no field, so one is looked at.
  const auto base = baseFor(file, runs);
  const auto dominance = dominanceOf(file);
  train::useThreads(std::max<std::int64_t>(1, base.threads));
  train::Rehearsal rehearsal;
  const SweepRun* looked = nullptr;
  std::optional<train::MethodSpec> loss;
  std::int64_t count = 0;
  for (const auto& run : runs) {
    if (looked != nullptr && looked->fields == run.fields) continue;
    looked = &run;
    ++count;
    const auto experiment = experimentOf(file, base, run);
    ofRun(file, run, [&] {
      const auto trainer = run::readsOthers(experiment) ? run::makeTrainer(experiment)
                                                        : rehearsal.trainer(experiment);
      if (file.sweep.method == "asha") {
        requireMetric(file.sweep.metric, trainer->experiment());
        requireSameLoss(file.sweep.metric, trainer->experiment(), loss);
      }
      if (dominance) objectivesOf(*dominance, trainer->experiment());
    });
  }
  return count;
}

}  // namespace eq::study
