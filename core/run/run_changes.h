#pragma once

#include <filesystem>
#include <optional>

namespace eq::run {

/// What a run that goes on, or a fork, does otherwise than before.
struct Changes {
  std::filesystem::path data = {};  ///< where the data are now: their folder, or the file itself;
                                    ///< empty: where they were, or at the same place from the run
  std::optional<double> epochs = std::nullopt;  ///< in all, since the run began

  bool empty() const { return data.empty() && !epochs; }
};

}  // namespace eq::run
