#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/gradient/engine.h"
#include "core/train/pending_conflict.h"
#include "core/train/records.h"

namespace eq::train {

/// A weight that is not finite, and whose it is.
struct NonFiniteWeight {
  size_t task = 0;
  std::string balancer;  ///< its id
  double value = 0;
};

/// What a balancer says of a task as long as it stands; see balance::Remark.
struct BalancerRemark {
  size_t task = 0;
  std::string balancer;
  std::string text;
};

/// What kept a step from being applied.
struct NonFinite {
  std::int64_t step = 0;
  std::optional<size_t> task;  ///< nothing: it is not known whose gradient it was
  std::optional<double> loss;  ///< nothing: the loss was finite, its gradient or weight was not
  std::optional<NonFiniteWeight> weight = {};  ///< nothing: it was the loss or the gradient
  std::string penalty = {};  ///< of the model, by name; empty: it was none of them
};

struct TakenRecords {
  std::vector<StepRecord> records;
  std::vector<NonFinite> nonFinite;  ///< in order of step; gradients only where all losses are
                                     ///< finite; tasks that were off are not among them
  std::vector<std::vector<BalancerRemark>> remarks;  ///< [record]
};

/// A step record whose losses still lie on the device.
struct PendingRecord {
  StepRecord record;           ///< with the tasks, names and shapes of terms and observations;
                               ///< `affinity` where it is measured
  at::Tensor values;           ///< losses in the order of the tasks, then the terms, then what was
                               ///< observed, flat, then `lookAhead`
  at::Tensor skipped;          ///< scalar: 1 where the step was not applied
  std::vector<char> active;    ///< NaN is recorded for the other tasks
  std::vector<size_t> spoilt;  ///< tasks whose gradient is known not to be finite
  std::vector<NonFiniteWeight> weights = {};
  std::vector<BalancerRemark> remarks = {};
  gradient::Way way = gradient::Way::stacked;    ///< of the tasks' exact gradients
  std::optional<PendingConflict> conflict = {};  ///< on sampled steps
};

/// The records that wait on the device. They are read in one transfer.
class PendingRecords {
 public:
  void add(PendingRecord record) { waiting_.push_back(std::move(record)); }

  bool empty() const { return waiting_.empty(); }

  /// Synchronises the device once.
  TakenRecords take();

 private:
  std::vector<PendingRecord> waiting_;
};

}  // namespace eq::train
