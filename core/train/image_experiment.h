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

/// How a folder of images with maps is trained on where nothing else is said: a shared encoder and
/// a decoder a task, with the usual loss and metrics of labels, depths and normals, for about 600
/// steps. Images of at most 96 pixels a side stay as they are, others are scaled so that they fit.
/// \param notes take the tasks and the size, a sentence each. \param keys of `data` that are given.
/// \throws Error as data::findMapFolder does, and for a first image that cannot be read.
Experiment mapExperiment(const std::filesystem::path& folder, std::vector<std::string>& notes,
                         const nlohmann::json& keys = nlohmann::json::object());

}  // namespace eq::train
