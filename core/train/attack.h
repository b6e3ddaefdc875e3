#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/input_scale.h"
#include "core/metric/classes/robust_accuracy.h"

namespace eq::train {

struct RunParts;

// Attacks on inputs, for the scheme `adversarial` and for metrics; from
// core/train/scheme/attack.cpp.

/// Inputs that an attack has moved.
struct Attacked {
  at::Tensor inputs;  ///< without a graph
  at::Tensor steps;   ///< κ, int64 [N]: after how many of the attack's steps the prediction was
                      ///< first wrong; 0: before the first. Of one that held up to the last step,
                      ///< their number
};

/// Projected gradient ascent on the cross-entropy, from a random place in the box around each
/// input; every example by itself. The same for the same seed and device. \param target classes
/// [N], those out of range (-100) are not attacked; or 0/1 [N] of a binary task. \param logits of
/// inputs, [N, C] or [N], differentiable. \param units of the inputs, in which the attack is given:
/// of each feature, or of all; none: as the network reads them.
Attacked attacked(const at::Tensor& inputs, const at::Tensor& target, const metric::Attack& attack,
                  const std::function<at::Tensor(const at::Tensor& inputs)>& logits,
                  std::uint64_t seed, const std::vector<data::InputScale>& units = {});

/// What a task of the run says of inputs as they are, without dropout, as metrics read it;
/// undefined where its loss's prediction has no such form. On a graph where gradients are on.
at::Tensor taskLogits(const RunParts& parts, size_t task, const at::Tensor& inputs);

/// The attack on one task of the run. \throws Error where it has no logits.
Attacked attackedTask(const RunParts& parts, size_t task, const at::Tensor& inputs,
                      const at::Tensor& target, const metric::Attack& attack, std::uint64_t seed);

}  // namespace eq::train
