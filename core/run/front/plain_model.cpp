#include "core/run/front/plain_model.h"

#include "core/run/safetensors.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"

namespace eq::run {

std::string plainModelBytes(const train::Trainer& trainer, const std::vector<double>& preference,
                            std::optional<double> budget) {
  auto snapshot = trainer.plainSnapshot(preference, budget);
  snapshot.meta["records"] = {{"events", 0}, {"evaluations", 0}};
  return toSafetensors(snapshot);
}

}  // namespace eq::run
