#include "core/train/scheme/sampled_tasks.h"

#include <cmath>

#include "core/train/scheme/drawn_task.h"

namespace eq::train {
namespace {

class SampledTasks : public DrawnTask {
 public:
  SampledTasks(const Parameters& parameters, const SchemeSetting& setting) : DrawnTask(setting) {
    for (const auto size : setting.sizes)
      rates_.push_back(std::pow(static_cast<double>(size), 1 / parameters.number("temperature")));
  }

 private:
  std::vector<double> rates(const RunParts&, const std::vector<char>&) override { return rates_; }

  std::vector<double> rates_;
};

}  // namespace

SchemeRow sampledTasksRow() {
  return {drawnTaskDescriptor(
              "sampled_tasks", "Sampled tasks",
              "One task a step, drawn by how many training examples have a target of it.",
              "p_k ∝ n_k^{1/T}",
              "Arivazhagan et al., Massively Multilingual Neural Machine Translation in the Wild, "
              "2019; Sanh et al., A Hierarchical Multi-Task Approach, AAAI 2019 (T = 1)",
              {ParameterSpec::number("temperature", 1, "T: 1 is proportional, large makes equal")
                   .above(0)
                   .to(1e6)}),
          [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<SampledTasks>(parameters, setting);
          }};
}

}  // namespace eq::train
