#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/model/layer.h"

namespace eq::model {

/// What a model adds to the training beside the losses: its gradient enters the update and is no
/// row of J, so that balancers see the tasks alone.
struct Penalty {
  std::string name;  ///< "soft_sharing"
  at::Tensor value;  ///< a scalar, multiplied by its weight, with its graph
};

/// Adds a penalty to a pass that asks for them, or to the one of this name that is there already.
/// Of a model that leaves traces, `Model::represent` may run without a graph and is then not asked:
/// such a model adds its penalties in `head` or `penalise`.
void addPenalty(const Pass& pass, const std::string& name,
                const std::function<at::Tensor()>& value);

}  // namespace eq::model
