#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace eq::run {

/// What a run that goes on, or a fork, does otherwise than before.
struct Changes {
  std::filesystem::path data = {};  ///< where the data are now: their folder, or the file itself;
                                    ///< empty: where they were, or at the same place from the run
  std::optional<double> epochs = std::nullopt;  ///< in all, since the run began
  std::string title = {};                       ///< what it is called; empty: nothing is changed
  std::string device = {};                      ///< that computes; empty: the same as before

  /// Whether it trains as before.
  bool empty() const { return data.empty() && !epochs && device.empty(); }
};

}  // namespace eq::run
