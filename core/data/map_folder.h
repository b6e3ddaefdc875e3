#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/data/warning.h"

namespace eq::data {

/// What the files of a folder hold.
enum class MapKind { image, label, depth, normal };

/// A folder beside that of the images; its name is the task's.
struct MapTask {
  std::string name;
  MapKind kind = MapKind::label;
};

/// A folder with `train` and `val`, maybe `test`, in each of them `image` and, for each task, a
/// folder with a file of the same name: `train/image/0.npy`, `train/depth/0.npy`.
struct MapFolder {
  std::filesystem::path image = "image";  ///< folder of the images in a part
  std::vector<MapTask> tasks;
  struct PartFolder {
    std::filesystem::path folder;         ///< empty: there is no such part
    std::vector<std::string> files = {};  ///< "0.npy", in the order of their numbers
  };
  std::array<PartFolder, 3> parts;  ///< training, validation, test
  std::vector<Warning> warnings;    ///< of what else is there and is not read

  /// The first image's file. \pre findMapFolder.
  std::filesystem::path firstImage() const;
};

/// Whether a folder looks like one: a part in it has images as NumPy files.
bool isMapFolder(const std::filesystem::path& folder);

/// By names alone. Tasks are the folders label..., depth... and normal... that the parts have.
/// \throws Error where there is no training or validation part, no task, where parts have other
/// tasks, and naming a file that is missing beside an image.
MapFolder findMapFolder(const std::filesystem::path& folder);

/// {height, width} of an image, by its header. \throws Error as reading it does.
std::array<std::int64_t, 2> mapSize(const std::filesystem::path& image, const std::string& layout);

}  // namespace eq::data
