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

/// How long a step took, and what was sampled at it.
struct TimedStep {
  double seconds = 0;
  bool conflict = false, affinity = false;
};

std::vector<TimedStep> newestSteps(const RunData& data) {
  const Column &steps = data.x(XUnit::step), &seconds = data.x(XUnit::seconds);
  const Column &conflicts = data.conflictX().in(XUnit::step),
               &affinities = data.affinityX().in(XUnit::step);
  const std::size_t first = steps.size() > kNewestSteps ? steps.size() - kNewestSteps : 1;
  std::vector<TimedStep> found;
  for (std::size_t row = first; row < steps.size(); ++row) {
    const auto holds = [&](const Column& samples) {
      return std::binary_search(samples.begin(), samples.end(), steps[row]);
    };
    found.push_back({seconds[row] - seconds[row - 1], holds(conflicts), holds(affinities)});
  }
  return found;
}

/// Seconds of the steps with something and of those without it.
struct TwoKinds {
  Column with, without;
};

}  // namespace

std::optional<MeasuringCost> measuringCost(const RunData& data, Sampled what) {
  const auto steps = newestSteps(data);
  const auto own = what == Sampled::conflict ? &TimedStep::conflict : &TimedStep::affinity;
  const auto other = what == Sampled::conflict ? &TimedStep::affinity : &TimedStep::conflict;
  std::int64_t sampled = 0;
  for (const auto& step : steps) sampled += step.*own;
  const auto costOf = [&](const TwoKinds& kinds, bool together) -> std::optional<MeasuringCost> {
    if (std::min(kinds.with.size(), kinds.without.size()) < kLeastOfAKind) return std::nullopt;
    const double usual = medianOf(kinds.without);
    if (!(usual > 0)) return std::nullopt;
    const double more = std::max(medianOf(kinds.with) - usual, 0.0);
    const double total = usual * static_cast<double>(steps.size());
    return MeasuringCost{more, more * static_cast<double>(sampled) / total, together};
  };
  for (const bool beside : {false, true}) {
    TwoKinds kinds;
    for (const auto& step : steps)
      if (step.*other == beside) (step.*own ? kinds.with : kinds.without).push_back(step.seconds);
    if (const auto cost = costOf(kinds, false)) return cost;
  }
  TwoKinds kinds;
  for (const auto& step : steps) {
    if (step.conflict != step.affinity) continue;
    (step.conflict ? kinds.with : kinds.without).push_back(step.seconds);
  }
  return costOf(kinds, true);
}

std::int64_t everyWithin(std::int64_t every, double share, double budget) {
  if (every <= 0 || budget <= 0 || share <= budget) return every;
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(every) * share / budget));
}

}  // namespace eq::widgets
