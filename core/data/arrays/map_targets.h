#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/task.h"
#include "core/data/arrays/map_file.h"
#include "core/data/map_folder.h"
#include "core/data/warning.h"

namespace eq::data {

struct Split;

/// What the keys of the dataset "maps" say.
struct MapWishes {
  std::string layout = "auto";
  std::vector<std::int64_t> size = {};      ///< {height, width} that all get; empty: as they are
  std::vector<double> ignored = {-1, 255};  ///< labels that do not count
  std::optional<double> depthMissing;       ///< beside NaN
};

/// Makes targets of one task's files, part after part.
class MapEncoder {
 public:
  MapEncoder(const MapTask& task, const std::array<std::int64_t, 2>& size, const MapWishes& wishes);

  const std::string& name() const { return task_.name; }
  MapKind kind() const { return task_.kind; }
  /// That a pixel takes, with its mask.
  std::int64_t bytes() const;

  /// A part of so many examples. \param trains whether it is that of training.
  void begin(std::int64_t count, bool trains);
  /// \throws Error with the element that is no label.
  void check(const MapNumbers& map, const NumberArray& array);
  /// \param maps [1, channels, height, width] of the size that all have.
  void add(std::int64_t example, const at::Tensor& maps);
  /// Adds target and mask to the split.
  void end(Split& split);

  /// Of all parts. \throws Error where there is nothing to learn. \param warnings take what was
  /// left out or changed.
  TaskInfo info(std::vector<Warning>& warnings) const;

 private:
  bool isIgnored(float number) const;
  void addLabels(std::int64_t example, const float* numbers);
  void addDepths(std::int64_t example, const float* numbers);
  void addNormals(std::int64_t example, const float* numbers);
  void leaveOut(float* mask);

  MapTask task_;
  std::array<std::int64_t, 2> size_;
  const MapWishes& wishes_;
  std::int64_t pixels_;
  at::Tensor target_, mask_;
  bool trains_ = false, masked_ = false;
  std::int64_t all_ = 0, left_ = 0, stretched_ = 0;  ///< pixels; left out; of another length than 1
  bool negative_ = false;                            ///< a normal has a component below 0
  std::vector<char> seen_, learned_;                 ///< [class] in any part, in that of training
  bool known_ = false;                               ///< a pixel of the training part counts
  std::string place_;                                ///< of the first file
};

}  // namespace eq::data
