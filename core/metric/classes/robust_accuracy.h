#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/catalog.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// What an attack may do to an input: so many steps of projected gradient ascent in the box of
/// half-width eps around it. A. Madry et al., ICLR 2018.
struct Attack {
  double eps = 0.1;        ///< most that any input moves, in its own unit, not the network's
  double stepSize = 0.02;  ///< of each step, towards the sign of the gradient
  std::int64_t steps = 10;
  std::optional<double> lowest = std::nullopt, highest = std::nullopt;  ///< of inputs at all
  bool operator==(const Attack&) const = default;
};
/// Its parameters: eps, step_size, steps, lowest, highest. \param steps the usual number.
std::vector<ParameterSpec> attackParameters(std::int64_t steps);
/// \param path for messages. \throws Error when lowest is not below highest.
Attack attackFrom(const Parameters& parameters, const std::string& path);

/// Whether the metric reads predictions of attacked inputs: the trait "attack".
bool readsAttacked(const Descriptor& metric);

/// Accuracy where an attack has moved the inputs. In a run the evaluator attacks every example of
/// the split, each task's own network; elsewhere the prediction is that of attacked inputs already.
CatalogRow<Metric> robustAccuracyRow();

}  // namespace eq::metric
