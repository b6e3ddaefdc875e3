#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/study/sweep/sweep_file.h"

namespace eq::study {

/// An experiment file with the key "sweep", whose files are named by whole paths, so that it can
/// stand anywhere. \param sweep in the order in which its keys shall stand.
std::string sweepText(const train::Experiment& experiment, const nlohmann::ordered_json& sweep);

/// The same sweep of another experiment: with these fields set first. \throws Error naming a path.
SweepFile sweepWith(const SweepFile& file, std::vector<train::Setting> settings);

/// The key "sweep" of a race.
nlohmann::ordered_json lanesKey(const std::vector<std::vector<train::Setting>>& lanes);

/// Makes a folder below a workspace for a sweep or race that is to begin, called as a run's would
/// be. \param text of a sweep file. \returns the folder. \throws Error when it cannot be made, or
/// the text is none.
std::filesystem::path newSweep(const std::filesystem::path& workspace, const std::string& name,
                               const std::string& text);

}  // namespace eq::study
