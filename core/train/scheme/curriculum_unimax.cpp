#include "core/train/scheme/curriculum_unimax.h"

#include <algorithm>
#include <numeric>

#include "core/train/run_parts.h"
#include "core/train/scheme/drawn_task.h"

namespace eq::train {
namespace {

class CurriculumUniMax : public DrawnTask {
 public:
  CurriculumUniMax(const Parameters& parameters, const SchemeSetting& setting)
      : DrawnTask(setting), sizes_(setting.sizes), epochs_(parameters.number("epochs")) {}

 private:
  std::vector<double> rates(const RunParts& parts, const std::vector<char>& available) override {
    auto sizes = sizes_;
    for (size_t k = 0; k < sizes.size(); ++k)
      if (!available[k]) sizes[k] = 0;
    const auto examples = parts.experiment.epochs * static_cast<double>(parts.problem.train.size());
    return uniMaxBudgets(sizes, examples, epochs_);
  }

  std::vector<std::int64_t> sizes_;
  double epochs_;
};

}  // namespace

std::vector<double> uniMaxBudgets(const std::vector<std::int64_t>& sizes, double examples,
                                  double epochs) {
  std::vector<size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sizes[a] < sizes[b]; });
  std::vector<double> budgets(sizes.size());
  auto left = static_cast<double>(sizes.size());
  for (const auto k : order) {
    budgets[k] = std::min(examples / left, epochs * static_cast<double>(sizes[k]));
    examples -= budgets[k];
    --left;
  }
  return budgets;
}

SchemeRow curriculumUniMaxRow() {
  return {drawnTaskDescriptor(
              "curriculum_unimax", "UniMax sampling",
              "One task a step, all as often, but none more than so many times its training "
              "examples; what small tasks leave goes to the larger ones.",
              "b_k = min(B_left/K_left, N n_k) by ascending n_k; p_k ∝ b_k",
              "Chung et al., UniMax: Fairer and More Effective Language Sampling, ICLR 2023",
              {ParameterSpec::number("epochs", 1, "N: passes over a task's examples at the most")
                   .above(0)
                   .to(1e6)
                   .in("epochs")}),
          [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<CurriculumUniMax>(parameters, setting);
          }};
}

}  // namespace eq::train
