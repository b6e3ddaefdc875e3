#include "core/train/scheme/drawn_task.h"

#include <numeric>
#include <utility>

#include "core/base/random.h"
#include "core/train/run_parts.h"

namespace eq::train {

std::vector<double> shares(std::vector<double> rates, const std::vector<char>& available) {
  for (size_t k = 0; k < rates.size(); ++k)
    if (!available[k]) rates[k] = 0;
  double sum = std::accumulate(rates.begin(), rates.end(), 0.0);
  if (sum <= 0) {
    for (size_t k = 0; k < rates.size(); ++k) rates[k] = available[k] ? 1 : 0;
    sum = std::accumulate(rates.begin(), rates.end(), 0.0);
  }
  for (auto& rate : rates) rate = sum > 0 ? rate / sum : 0;
  return rates;
}

StepChoice DrawnTask::beforeForward(const RunParts& parts, StepChoice choice) {
  const auto p = shares(rates(parts, choice.tasks), choice.tasks);
  RandomStream stream(
      deriveSeed(seed_, "scheme", static_cast<std::uint64_t>(parts.progress.steps)));
  double left = stream.uniform();
  std::vector<char> drawn(p.size(), 0);
  size_t last = p.size();
  for (size_t k = 0; k < p.size() && left >= 0; ++k) {
    if (p[k] <= 0) continue;
    left -= p[k];
    last = k;
  }
  if (last < p.size()) drawn[last] = 1;
  choice.tasks = std::move(drawn);
  return choice;
}

Descriptor drawnTaskDescriptor(const std::string& id, const std::string& title,
                               const std::string& summary, const std::string& formula,
                               const std::string& citation, std::vector<ParameterSpec> parameters) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = citation;
  descriptor.parameters = std::move(parameters);
  descriptor.traits = {{"kind", "W"}, {"random", true}};
  return descriptor;
}

}  // namespace eq::train
