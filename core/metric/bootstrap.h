#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/descriptor.h"
#include "core/base/random.h"
#include "core/metric/interval.h"
#include "core/metric/metric.h"

namespace eq::metric {

/// How often, and at which confidence, in (0, 1).
struct BootstrapOptions {
  std::int64_t resamples = 1000;
  double confidence = 0.95;
  std::uint64_t seed = 1;
};

/// Makes a metric that has seen nothing yet.
using MakeMetric = std::function<std::unique_ptr<Metric>()>;

/// Why the metric of this batch has no bootstrap; empty: it has. It is for metrics of examples that
/// can be drawn anew: points of a front, methods, tasks and pairs of examples are none. The trait
/// "examples" says so: false, or the field that says which rows are one example.
std::string whyNoBootstrap(const Descriptor& metric, const Batch& batch);

/// Examples of the batch, as Resampler draws them.
std::int64_t countExamples(const Batch& batch);

/// Draws as many examples as the batch has, with replacement. An example is a row of every tensor
/// that has as many rows as the prediction; where there is a field "group", all rows of a group are
/// one example, and each of its copies becomes a group of its own.
class Resampler {
 public:
  /// The draws are a function of the seed and the number of examples alone.
  /// \throws Error when the batch has less than two examples.
  Resampler(const Batch& batch, std::uint64_t seed);

  void draw();
  /// Instead of a draw: all examples but those of one of `parts` equal parts at random, which are a
  /// function of the seed and the number of examples.
  void leaveOut(std::int64_t part, std::int64_t parts);
  /// The examples of the last draw, of the batch or of one that stands for the same rows.
  Batch select(const Batch& batch) const;

 private:
  void clear();
  void take(std::int64_t example, std::int64_t copy);

  RandomStream random_;
  std::int64_t rows_, count_ = 0;
  std::vector<std::int64_t> places_;               ///< a random order, for the parts
  std::vector<std::vector<std::int64_t>> groups_;  ///< rows of each; empty: every row by itself
  std::vector<std::int64_t> chosen_;               ///< rows
  std::vector<std::int64_t> copies_;               ///< which draw each row is of; with groups only
};

/// Parts of the examples of which one is left out at a time; with fewer examples each is one.
inline constexpr std::int64_t kLeftOutParts = 50;

/// Bootstrap over the examples of `batch` (B. Efron, 1979), the same resamples for all metrics,
/// with the interval of `biasCorrectedInterval`. Each metric is computed options.resamples +
/// kLeftOutParts + 1 times at most. A resample whose value is null is left out; a metric that is
/// null of the batch itself has no interval, nor one to which fewer than two examples count: NaN,
/// of 0 resamples.
/// \throws Error when the batch has less than two examples, or a metric's value is a list.
std::vector<Interval> bootstrap(const std::vector<MakeMetric>& metrics, const Batch& batch,
                                const BootstrapOptions& options);

}  // namespace eq::metric
