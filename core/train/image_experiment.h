#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/train/experiment.h"

namespace eq::train {

/// How a folder of images is trained on where nothing else is said: a small convolutional network
/// learns the classes that its folders name, for about 2,000 steps. Images of one size of at most
/// 64 pixels a side stay as they are, others are scaled so that they fit. \param notes take the
/// classes and the size, a sentence each. \param keys of `data` that are given. \throws Error when
/// the folders hold no images, or naming a file that cannot be read.
Experiment imageExperiment(const std::filesystem::path& folder, std::vector<std::string>& notes,
                           const nlohmann::json& keys = nlohmann::json::object());

}  // namespace eq::train
