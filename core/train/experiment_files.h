#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/experiment.h"

namespace eq::train {

/// The parameters of the data that are a file or a folder, and are given.
std::vector<std::string> dataFiles(const Experiment& experiment);

/// Replaces the path of each file that the data, a model or loss of one's own, or weights to begin
/// with are read from; runs stay. \param replace maps a path as given to its new one.
void replaceFiles(Experiment& experiment,
                  const std::function<std::string(const std::string&)>& replace);

/// The splits whose rows differ: "training", "validation", "test". \param before and `now` are the
/// field "data" of two snapshots' metadata.
std::vector<std::string> changedSplits(const nlohmann::json& before, const nlohmann::json& now);

}  // namespace eq::train
