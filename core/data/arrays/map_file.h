#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/data/arrays/number_array.h"
#include "core/data/map_folder.h"

namespace eq::data {

/// A NumPy file whose header was read.
struct MapFile {
  NumberArray array;
  std::string hash;  ///< SHA-256 of the file
};

/// \throws Error naming file and byte when it is broken, cut off, larger than 256 MiB or holds no
/// numbers.
MapFile openMapFile(const std::filesystem::path& file);

/// How an array's axes are those of maps.
struct MapAxes {
  std::int64_t height = 0, width = 0, channels = 1;
  bool channelsFirst = false;
};

/// Images have 1 or 3 channels, normals 3, others 1, whose axis may be left out.
/// \param layout auto, channels_first, channels_last.
/// \throws Error with the shape where the axes are none of these, or could be both.
MapAxes mapAxes(const NumberArray& array, MapKind kind, const std::string& layout);

/// The numbers of maps, [channels, height, width] flat, and where each stands, for messages.
struct MapNumbers {
  MapAxes axes;
  std::vector<float> values;

  std::int64_t pixels() const { return axes.height * axes.width; }
  /// `x.npy: element [3, 7, 0]`, as the file has its axes. \param place in `values`.
  std::string place(const NumberArray& array, std::int64_t place) const;
};

/// \throws Error with the element at an infinite number, and at NaN but in depths.
MapNumbers readMap(const NumberArray& array, MapKind kind, const std::string& layout);

}  // namespace eq::data
