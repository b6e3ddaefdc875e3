#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace eq::train {

/// What is asked about a run that trains a front: the model of one preference, now.
struct FrontLookRequest {
  std::vector<double> preference;  ///< [K], none below 0; divided by their sum
  std::int64_t examples = 512;     ///< of the validation split, at most
  bool operator==(const FrontLookRequest&) const = default;
};

/// The answer: that model, evaluated. The examples are drawn by the run's seed and are the same at
/// every look, so that looks of one size compare.
struct FrontLook {
  std::vector<double> preference;  ///< [K], sum 1
  std::int64_t step = 0;
  std::int64_t examples = 0, of = 0;                 ///< evaluated, and in the validation split
  std::vector<std::map<std::string, double>> tasks;  ///< [K] as in an evaluation
};

}  // namespace eq::train
