#pragma once

#include <cstdint>

#include "core/base/catalog.h"

namespace eq::train {

/// Factor on the base learning rate as a pure function of the step.
class Schedule {
 public:
  virtual ~Schedule() = default;
  /// \param step updates done, from 0. \param total updates of the whole run, > 0.
  virtual double factor(std::int64_t step, std::int64_t total) const = 0;
};

/// Every schedule. To add one: a class and a row in schedule.cpp, a row in
/// tests/core/train/tst_schedule.cpp, a line in CHANGELOG.md.
const Catalog<Schedule>& schedules();

}  // namespace eq::train
