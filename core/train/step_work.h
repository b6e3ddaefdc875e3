#pragma once

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

#include "core/balance/balancer.h"
#include "core/balance/two_slots.h"
#include "core/train/passes.h"
#include "core/train/step_measurement.h"

namespace eq::train {

/// What a step knows when the balancer has spoken.
struct StepWork {
  BatchPass& pass;
  StepMeasurement& measurement;
  balance::Inputs inputs;   ///< of the balancer
  Eigen::VectorXd factors;  ///< [K] the tasks' own
  balance::Weights weights;
  at::Tensor direction = {};  ///< [P], where it has no weights
};

/// The update that weights, or a direction, come to with the gradients of a pass, which ends.
gradient::Gradients usualUpdate(const RunParts& parts, BatchPass& pass,
                                const balance::Weights& weights, const at::Tensor& direction);

}  // namespace eq::train
