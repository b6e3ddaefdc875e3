#include "core/train/scheme/curriculum_annealed.h"

#include <algorithm>
#include <cmath>

#include "core/train/run_parts.h"
#include "core/train/scheme/drawn_task.h"

namespace eq::train {
namespace {

class CurriculumAnnealed : public DrawnTask {
 public:
  explicit CurriculumAnnealed(const SchemeSetting& setting)
      : DrawnTask(setting), sizes_(setting.sizes) {}

 private:
  std::vector<double> rates(const RunParts& parts, const std::vector<char>&) override {
    const double epochs = std::ceil(parts.experiment.epochs);
    const auto passed = static_cast<double>(parts.sampler->epoch());
    const double share = epochs > 1 ? std::min(1.0, passed / (epochs - 1)) : 0;
    std::vector<double> rates;
    for (const auto size : sizes_)
      rates.push_back(std::pow(static_cast<double>(size), 1 - 0.8 * share));
    return rates;
  }

  std::vector<std::int64_t> sizes_;
};

}  // namespace

SchemeRow curriculumAnnealedRow() {
  return {drawnTaskDescriptor(
              "curriculum_annealed", "Annealed sampling",
              "One task a step, by the tasks' training examples at first, more and more evenly "
              "towards the last epoch.",
              "p_k ∝ n_k^a, a = 1 − 0.8 (e − 1)/(E − 1), e = 1..E the epoch",
              "Stickland and Murray, BERT and PALs, ICML 2019"),
          [](const Parameters&, const SchemeSetting& setting) {
            return std::make_unique<CurriculumAnnealed>(setting);
          }};
}

}  // namespace eq::train
