#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

#include "core/loss/loss.h"
#include "core/metric/bias_corrected.h"

namespace eq::metric {

using loss::Batch;

/// A metric over a whole split: batches are added, counts and sums are pooled, and the division
/// comes last.
class Metric {
 public:
  virtual ~Metric() = default;

  /// Checks shapes, kinds and ranges of what a person gave; reads the data.
  /// \throws Error that names field, rule and value.
  virtual void check(const Batch& batch) const = 0;

  /// Adds one batch, on its device, without reading anything back.
  virtual void add(const Batch& batch) = 0;

  /// The part of `add` that looks at each row by itself: as many rows, which `addPrepared` pools. A
  /// bootstrap does it once for all resamples. `add(b)` is `addPrepared(prepare(b))`.
  virtual Batch prepare(const Batch& batch) const { return batch; }
  virtual void addPrepared(const Batch& rows) { add(rows); }

  /// A number, a list for metrics that have one, or null where it is undefined. Reads the device
  /// once.
  virtual nlohmann::json value() const = 0;

  /// Which entries of the batch count, bool in the target's shape; undefined: all. As it stands
  /// here, those whose mask is not 0 and whose class is not the ignored one.
  virtual at::Tensor counted(const Batch& batch) const;

  /// How many examples the value turns on where these are fewer than those that count: a recall
  /// of 1 says as much as there are positives, whatever stands beside them. Of what was added;
  /// infinite, as it stands here: all that count. Reads the device.
  virtual double decisiveExamples() const;

  /// Between which numbers the value can lie.
  virtual MetricRange range() const { return {}; }

  /// Rows that count and whose prediction is not finite: with any, the value is null, as neither
  /// their class nor their rank, bin or error is known. Reads the device.
  virtual std::int64_t nonfiniteRows() const { return 0; }
};

}  // namespace eq::metric
