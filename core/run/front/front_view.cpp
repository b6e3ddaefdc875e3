#include "core/run/front/front_view.h"

#include <cstdlib>

#include "core/base/error.h"
#include "core/run/front/plain_model.h"
#include "core/run/run_folder.h"
#include "core/run/trainer_at.h"
#include "core/train/front_preferences.h"

namespace eq::run {

struct FrontView::Held {
  Restored restored;
};

std::int64_t FrontView::nearest(const std::filesystem::path& folder, std::int64_t step) {
  const auto checkpoints = checkpointsIn(folder);
  if (checkpoints.empty()) eq::fail("{}: the run has no checkpoint yet", folder.string());
  auto found = checkpoints.front().step;
  for (const auto& one : checkpoints)
    if (std::abs(one.step - step) < std::abs(found - step)) found = one.step;
  return found;
}

FrontView::FrontView(const std::filesystem::path& folder, std::int64_t step)
    : folder_(folder), step_(nearest(folder, step)) {
  held_ = std::make_unique<Held>(Held{trainerAt(RunReader(folder), step_)});
}

FrontView::~FrontView() = default;

train::FrontLook FrontView::look(const train::FrontLookRequest& request) const {
  return held_->restored.trainer->frontLook(request);
}

std::string FrontView::plainModel(const std::vector<double>& preference) const {
  const auto& trainer = *held_->restored.trainer;
  return plainModelBytes(trainer, train::checkedPreference(
                                      preference, trainer.experiment().tasks.size(), "preference"));
}

}  // namespace eq::run
