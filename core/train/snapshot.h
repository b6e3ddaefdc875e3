#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace eq::train {

/// The whole state of a trainer as plain data: CPU tensors by name, and everything else as JSON. A
/// checkpoint is this in a file.
struct Snapshot {
  std::map<std::string, at::Tensor> tensors;
  nlohmann::json meta = nlohmann::json::object();
};

}  // namespace eq::train
