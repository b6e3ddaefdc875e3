#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "core/data/problem.h"
#include "core/train/step_bench.h"

namespace eq::train {

inline constexpr std::int64_t kBenchClasses = 10;
inline constexpr std::int64_t kBenchBatches = 16;  ///< in an epoch of the bench's data

/// One timed training step.
class BenchSubject {
 public:
  virtual ~BenchSubject() = default;
  virtual void step() = 0;
};

/// "bare" of `StepBenchRow`, also for an analytic problem.
std::unique_ptr<BenchSubject> bareSubject(const StepBenchSpec& spec, const data::Problem& problem,
                                          const at::Device& device);
/// "loop" of `StepBenchRow`.
std::unique_ptr<BenchSubject> loopSubject(const StepBenchSpec& spec, const data::Problem& problem,
                                          const at::Device& device);

}  // namespace eq::train
