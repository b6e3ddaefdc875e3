#pragma once

#include <cstdint>
#include <vector>

#include "core/base/task.h"
#include "core/model/readout_layer.h"

namespace eq::model {

/// Whether a task has a target at each place of an image: classes, or one number or more, all maps
/// of the first number before those of the second.
bool isMapTask(const TaskInfo& task);

/// The last layer of a decoder: the same readouts at each place of its maps, as convolutions with
/// filters of one pixel.
class MapReadout {
 public:
  /// \param features of a place. \pre isMapTask(task).
  /// \throws Error where a loss reads what is not made at each place: features, thresholds, views.
  MapReadout(ParameterBuffer& parameters, std::uint64_t seed, const Block& block,
             std::int64_t features, const TaskInfo& task, const std::vector<Readout>& readouts);

  /// \param maps [N, features, height, width]. \returns [N, classes, pixels], or [N, numbers].
  HeadOutput forward(const at::Tensor& maps, const ParameterBuffer& parameters) const;

  /// Those of one place in products of matrices.
  std::int64_t multiplyAdds(const ParameterBuffer& parameters) const;

 private:
  struct Entry {
    std::string name;    ///< of the readout as the loss asks for it
    ReadoutLayer layer;  ///< at one place
  };
  at::Tensor asMaps(const at::Tensor& rows, std::int64_t examples) const;

  bool classes_;
  std::vector<Entry> entries_;
};

}  // namespace eq::model
