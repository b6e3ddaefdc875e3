#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

#include "core/train/records.h"

namespace eq::train {

/// The conflict of a sampled step. What no balancer has read of it still lies on the device.
struct PendingConflict {
  GradientSource source = GradientSource::exact;
  Eigen::VectorXd weights;                    ///< [K] of the direction taken
  std::vector<Eigen::VectorXd> partWeights;   ///< the same of each part of the trunk, or empty
  std::optional<Eigen::MatrixXd> gramian;     ///< [K, K], where it was read
  std::vector<Eigen::MatrixXd> partGramians;  ///< [part], where they were read
  bool hasDirection = false;                  ///< whether the direction has no weights
  std::vector<std::string> layers = {};       ///< names, where they are measured one by one
  at::Tensor values;  ///< flat, float64: of G, those of the parts, the norm of the direction, those
                      ///< of the layers, what there is and was not read; undefined: nothing
};

struct ReadConflict {
  ConflictRecord record;
  std::vector<size_t> nonFinite;  ///< tasks whose gradient is not, of all K
};

/// \param values as many as `waiting.values` has. \param tasks K.
ReadConflict readConflict(const PendingConflict& waiting, const double* values, size_t tasks);

}  // namespace eq::train
