#pragma once

#include <vector>

#include "core/train/scheme.h"
#include "core/train/scheme_tables.h"

namespace eq::train {

/// One task a step, drawn with probabilities that a scheme gives.
class DrawnTask : public Scheme {
 public:
  explicit DrawnTask(const SchemeSetting& setting) : seed_(setting.experiment.seed) {}

  StepChoice beforeForward(const RunParts& parts, StepChoice choice) final;

 private:
  /// [K], >= 0, on any scale; those of tasks that are not available are not read. All 0: uniform.
  virtual std::vector<double> rates(const RunParts& parts, const std::vector<char>& available) = 0;

  std::uint64_t seed_;
};

/// p with p_k ∝ rates_k over the available tasks, 0 for the others.
std::vector<double> shares(std::vector<double> rates, const std::vector<char>& available);

Descriptor drawnTaskDescriptor(const std::string& id, const std::string& title,
                               const std::string& summary, const std::string& formula,
                               const std::string& citation,
                               std::vector<ParameterSpec> parameters = {});

}  // namespace eq::train
