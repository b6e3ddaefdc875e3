#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/train/experiment.h"

namespace eq::train {

/// What is asked about the examples of a running job: where one task's validation examples are on
/// an axis of losses (core/loss/curve.h), and how strongly each loss pulls on each of them.
struct ExampleRequest {
  size_t task = 0;  ///< of the experiment
  std::string axis = "margin";
  std::vector<MethodSpec> losses;  ///< whose pulls are wanted; may be empty
  bool operator==(const ExampleRequest&) const = default;
};

/// The answer: every validation example, none sampled.
struct ExampleView {
  ExampleRequest request;
  std::int64_t step = 0;
  std::vector<double> positions;  ///< one an example, or one an element of its target; NaN without
                                  ///< a valid target
  /// [loss][example]: Euclidean norm of the gradient in the example's prediction, of the sum over
  /// the examples (of chunks of up to 1,024 for a loss that is coupled over the batch).
  std::vector<std::vector<double>> pulls;
  std::vector<std::string>
      problems;  ///< [loss]: why its pulls are missing; empty when they are not
};

/// An example's input as it can be shown.
struct ExamplePicture {
  std::int64_t index = 0;
  std::int64_t width = 0, height = 0;  ///< 0: the inputs are no image
  std::vector<float> values;           ///< row by row in [0, 1]; the plain inputs without an image
};

}  // namespace eq::train
