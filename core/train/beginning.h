#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/model/model.h"
#include "core/train/experiment.h"
#include "core/train/records.h"
#include "core/train/snapshot.h"
#include "core/train/weight_map.h"

namespace eq::train {

/// Tensors to begin with.
struct Weights {
  std::string name;  ///< for texts: "runs/large@1200", "weights.safetensors"
  std::map<std::string, at::Tensor> tensors;  ///< on the CPU
  WeightMap map = {};                         ///< how they are called
  nlohmann::json file = nullptr;  ///< of weights that another program may have written: path,
                                  ///< SHA-256 and map, for the record
};

/// The parameters and buffers of the model whose checkpoint this is.
Weights weightsOf(const Snapshot& checkpoint, const std::string& name);

/// \throws Error `init.freeze[0]: ...` for a pattern that fits no parameter, and where nothing is
/// left to be trained of what a task's loss depends on.
void requireFreezable(const InitSpec& init, const model::Model& network);

/// Gives a model the weights that `init.take` names and that fit by name and shape; what is a copy
/// of a layer of another model, as `Model::origins` says, takes that layer's.
/// \returns what was taken and what was not, for the run's record: of a file also which of its
/// tensors were not used, and in `kept` what of the model begins as it would without it, by name
/// with their shapes. \throws Error `init.take[1]: ...` for a pattern that takes nothing, and for a
/// tensor that would be taken and has no finite floating-point numbers where the model has some.
EventRecord takeParameters(const InitSpec& init, const Weights& weights, model::Model& network);

}  // namespace eq::train
