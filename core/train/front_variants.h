#pragma once

#include <cstdint>
#include <string>

#include "core/metric/points.h"

namespace eq::model {
class Model;
}

namespace eq::train {

struct RunParts;

// What some methods that train a front have beside one model a preference (FrontMethod).

/// A method whose models are of several sizes; `FrontMethod::place` makes the whole one.
class SizedFront {
 public:
  virtual ~SizedFront() = default;
  /// How many, from the smallest on.
  virtual size_t sizes() const = 0;
  /// Makes of the model that of one size. \pre size < sizes().
  virtual void placeSized(model::Model& network, const metric::Point& preference, size_t size) = 0;
  /// Multiply-adds an example of that model. \param parts of the run.
  virtual double costOf(const RunParts& parts, const metric::Point& preference, size_t size) = 0;
};

/// A method that can draw further models of a preference, beside that of `FrontMethod::place`.
class SampledFront {
 public:
  virtual ~SampledFront() = default;
  virtual std::int64_t samples() const = 0;
  /// Makes of the model one of them, the same at every call. \pre 0 <= sample < samples().
  virtual void placeSample(model::Model& network, const metric::Point& preference,
                           std::int64_t sample) = 0;
};

/// Beside the metrics of each task of a sized front: multiply-adds an example of the whole model.
inline constexpr const char* kMultiplyAdds = "multiply_adds";

/// Beside the metrics of each task of a sampled front, where samples were asked for: the same of
/// one of them.
inline std::string ofSample(const std::string& metric, std::int64_t sample) {
  return metric + " of sample " + std::to_string(sample);
}

}  // namespace eq::train
