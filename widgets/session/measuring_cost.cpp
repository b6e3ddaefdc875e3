#include "widgets/session/measuring_cost.h"

#include <algorithm>
#include <cmath>

namespace eq::widgets {
namespace {

constexpr std::size_t kNewestSteps = 2000;
constexpr std::size_t kLeastOfAKind = 5;

double medianOf(Column values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::optional<MeasuringCost> measuringCost(const RunData& data) {
  const Column &steps = data.x(XUnit::step), &seconds = data.x(XUnit::seconds);
  const Column& samples = data.conflictX().in(XUnit::step);
  Column sampled, plain;
  const std::size_t first = steps.size() > kNewestSteps ? steps.size() - kNewestSteps : 1;
  auto sample = samples.begin();
  for (std::size_t row = first; row < steps.size(); ++row) {
    sample = std::lower_bound(sample, samples.end(), steps[row]);
    const bool isSampled = sample != samples.end() && *sample == steps[row];
    (isSampled ? sampled : plain).push_back(seconds[row] - seconds[row - 1]);
  }
  if (std::min(sampled.size(), plain.size()) < kLeastOfAKind) return std::nullopt;
  const double usual = medianOf(plain);
  if (!(usual > 0)) return std::nullopt;
  const double more = std::max(medianOf(sampled) - usual, 0.0);
  const auto count = static_cast<double>(sampled.size());
  return MeasuringCost{more, more * count / (usual * (count + static_cast<double>(plain.size())))};
}

std::int64_t everyWithin(std::int64_t every, double share, double budget) {
  if (every <= 0 || budget <= 0 || share <= budget) return every;
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(every) * share / budget));
}

}  // namespace eq::widgets
