#include "core/metric/classes/class_report.h"

#include <algorithm>
#include <cmath>

namespace eq::metric {

CalibrationErrors calibrationErrors(const std::vector<ReliabilityBin>& bins) {
  CalibrationErrors errors;
  for (const auto& bin : bins) {
    if (bin.count == 0) continue;
    const double gap = std::abs(bin.right - bin.confidence);
    errors.count += bin.count;
    errors.expected += gap;
    errors.maximum = std::max(errors.maximum, gap / bin.count);
  }
  if (errors.count > 0) errors.expected /= errors.count;
  return errors;
}

}  // namespace eq::metric
