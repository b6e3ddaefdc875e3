#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "core/train/records.h"

namespace eq::train {

/// A loss that was not a number or infinite.
struct NonFiniteLoss {
  std::int64_t step = 0;
  size_t task = 0;
  double value = 0;
};

struct TakenRecords {
  std::vector<StepRecord> records;
  std::vector<NonFiniteLoss>
      nonFinite;  ///< in order of step; tasks that were off are not among them
};

/// Step records whose losses still lie on the device. They are read in one transfer for all steps
/// that wait.
class PendingRecords {
 public:
  /// \param record has the terms' tasks and names. \param values [K + terms] on the device: losses
  /// in the order of the tasks, then the terms. \param active NaN is recorded for the other tasks.
  void add(StepRecord record, at::Tensor values, std::vector<char> active);

  bool empty() const { return waiting_.empty(); }

  /// Synchronises the device once.
  TakenRecords take();

 private:
  struct Waiting {
    StepRecord record;
    at::Tensor values;
    std::vector<char> active;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace eq::train
