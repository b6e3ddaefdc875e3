#pragma once

#include <string>
#include <utility>

#include <torch/nn/modules.h>

namespace eq::train {

/// The trunk of a model of the bench as one writes it in plain LibTorch, and the width of what it
/// puts out.
std::pair<torch::nn::Sequential, std::int64_t> plainTrunk(const std::string& model);

}  // namespace eq::train
