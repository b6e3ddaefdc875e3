#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/study/sweep/combinations.h"
#include "core/study/sweep/sweep_spec.h"
#include "core/train/experiment.h"

namespace eq::study {

/// An experiment file with the key "sweep".
struct SweepFile {
  std::filesystem::path file;
  std::string text;  ///< its bytes
  SweepSpec sweep;
  train::Experiment base;  ///< without the sweep
};

/// \throws Error naming the file, for one without the key as well.
SweepFile readSweepFile(const std::filesystem::path& file);
/// The same of a text. \param place for messages. \param folder where relative paths start.
SweepFile parseSweepFile(const std::string& text, const std::filesystem::path& place,
                         const std::filesystem::path& folder);
/// Whether a file has the key. \throws Error when it is no JSON.
bool isSweepFile(const std::filesystem::path& file);

/// One of the runs that a sweep stands for.
struct SweepRun {
  std::vector<train::Setting> settings;  ///< all, the seed included
  nlohmann::json fields;                 ///< by path, null where `when` dropped one
  std::uint64_t seed = 1;
  std::vector<double> weights = {};  ///< linear: before they were divided by the scale
};

/// What the losses of an experiment's tasks that are on are divided by; see SweepSpec::scale.
using ScaleOf = std::function<std::vector<double>(const train::Experiment& experiment)>;

/// All of them: a combination's seeds stand together.
/// \param scale is asked by `linear` alone, for weights that are all 1.
/// \throws Error for conditions or weights that do not fit; values are not looked at.
std::vector<SweepRun> runsOf(const SweepFile& file, const ScaleOf& scale);

/// The experiment of a run. \param base the file's, or that with the list of tasks filled in.
/// \throws Error naming the file, path and value.
train::Experiment experimentOf(const SweepFile& file, const train::Experiment& base,
                               const SweepRun& run);

/// The file's experiment, with the list of tasks where the runs need it: so the data are not read
/// anew for each. \throws Error when they cannot be read.
train::Experiment baseFor(const SweepFile& file, const std::vector<SweepRun>& runs);

/// Looks at every combination, with its data. \returns how many there are.
/// \throws Error naming the file, path and value.
std::int64_t checkRuns(const SweepFile& file, const std::vector<SweepRun>& runs);

}  // namespace eq::study
