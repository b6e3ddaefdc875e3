#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "core/model/layers.h"

namespace eq::gradient {

/// Inner products of K tensors of one shape, [K, K] in double.
at::Tensor innerProducts(const std::vector<at::Tensor>& rows);

/// One layer's part of the Gramian: inner products of its weight and bias gradients over the tasks,
/// [K, K] in double. \param outputs gradient of each task's loss in the layer's output.
at::Tensor layerGramian(const model::LayerTrace& trace, const std::vector<at::Tensor>& outputs);

/// Whether a linear layer's Gramian costs less without forming the weight gradients.
/// Multiplications, N examples: ghost N² in + K N² out + K² N out; formed K N in out + K² in out.
bool ghostIsCheaper(std::int64_t examples, std::int64_t inputs, std::int64_t outputs,
                    std::int64_t tasks);

// The two ways for a linear layer's weight, both exact; \param input [N, in], \param outputs K of
// [N, out].
at::Tensor ghostGramian(const at::Tensor& input, const std::vector<at::Tensor>& outputs);
at::Tensor formedGramian(const at::Tensor& input, const std::vector<at::Tensor>& outputs);

}  // namespace eq::gradient
