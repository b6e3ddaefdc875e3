#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/experiment.h"

namespace eq::run {

class RunReader;

/// An experiment whose files were looked for, and what stood elsewhere.
struct Located {
  train::Experiment experiment;
  std::vector<std::string> moves;  ///< "/new/data.csv is used instead of /old/data.csv"
};

/// Finds the files of a run's experiment: data, losses, teachers. A run remembers each folder that
/// it lay in. Where an absolute path leads to nothing any more, the file is looked for at the same
/// place from the run folder as it lies now, so that a project moves as a whole. Where the run lies
/// elsewhere than when it was last trained, it is looked for there first: a copied project has its
/// own files, whatever becomes of the first one's.
class Whereabouts {
 public:
  /// \param data a folder, or the file itself, that stands for the data's; empty: none was named.
  /// \throws Error when `data` is not there.
  explicit Whereabouts(const RunReader& reader, std::filesystem::path data = {});

  /// \param experiment of the run or of one of its checkpoints; its folder does not count. What is
  /// found nowhere keeps its path. \throws Error when the data named to the constructor do not fit
  /// the experiment.
  Located locate(train::Experiment experiment) const;
  Located locate(const nlohmann::json& experiment) const;

  /// \throws Error that says where the data were looked for, and what to do, when they are not
  /// there.
  void requireData(const train::Experiment& experiment) const;

 private:
  std::vector<std::filesystem::path> candidates(const std::filesystem::path& path) const;
  std::filesystem::path nowOf(const std::filesystem::path& path) const;
  std::filesystem::path folderFor(const train::Experiment& experiment) const;
  void takeNamedData(train::Experiment& experiment) const;

  std::filesystem::path run_;
  std::filesystem::path dataFolder_;
  std::vector<std::filesystem::path> homes_;  ///< where the run lay, newest first
  std::filesystem::path data_;
  bool movedOrCopied_ = false;  ///< since it was last trained
};

}  // namespace eq::run
