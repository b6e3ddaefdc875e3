#include "core/train/scheme/phases.h"

#include <algorithm>

#include "core/train/run_parts.h"

namespace eq::train {

std::vector<std::string> Phased::between(RunParts& parts) {
  if (begun_ < 0) begun_ = parts.progress.steps;
  return {};
}

std::int64_t Phased::stepsDone(const RunParts& parts) const {
  return parts.progress.steps - begun_;
}

double Phased::shareDone(const RunParts& parts) const {
  const auto total = std::max<std::int64_t>(1, parts.totalSteps() - begun_);
  return std::min(1.0, static_cast<double>(stepsDone(parts)) / static_cast<double>(total));
}

}  // namespace eq::train
