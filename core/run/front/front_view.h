#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/train/front_look.h"

namespace eq::run {

/// The front of a recorded run that trains one, at the checkpoint nearest to a step (of two as near
/// the earlier), ready to be looked at. It holds data and model; call it in one thread.
class FrontView {
 public:
  /// \throws Error where the run has no checkpoint, or cannot be restored; see `restore`.
  FrontView(const std::filesystem::path& folder, std::int64_t step);
  ~FrontView();

  const std::filesystem::path& folder() const { return folder_; }
  std::int64_t step() const { return step_; }  ///< of the checkpoint
  /// As train::Trainer::frontLook.
  train::FrontLook look(const train::FrontLookRequest& request) const;
  /// As `plainModelBytes`. \param preference none below 0; divided by their sum.
  std::string plainModel(const std::vector<double>& preference) const;

  /// The step of the checkpoint that it would take. \throws Error where there is none.
  static std::int64_t nearest(const std::filesystem::path& folder, std::int64_t step);

 private:
  struct Held;
  std::filesystem::path folder_;
  std::int64_t step_;
  std::unique_ptr<Held> held_;
};

}  // namespace eq::run
