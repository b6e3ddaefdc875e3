#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// What a model records of itself in one pass: a mean over the batch, unless it says otherwise.
struct Observation {
  std::string name;        ///< "gate"
  std::int64_t task = -1;  ///< whose it is; -1: the model's
  std::string place = {};  ///< which of several with that name, "1" of a stage; empty: the only one
  at::Tensor values = {};  ///< of any shape, on the device, without a graph
};

/// Collects what a pass records. Nothing here reads the device or touches what is computed.
class Observations {
 public:
  void add(std::string name, std::int64_t task, std::string place, const at::Tensor& values);
  /// A quantity of the model to which each task of the pass gives its part: their mean is recorded.
  void addPart(const std::string& name, const std::string& place, const at::Tensor& values);

  /// In the order in which they were first met.
  const std::vector<Observation>& all() const { return all_; }

 private:
  std::vector<Observation> all_;
  std::vector<std::int64_t> parts_;  ///< how many each is the mean of
};

}  // namespace eq::model
