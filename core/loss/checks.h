#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/loss/loss.h"

namespace eq::loss {

/// "[2, 3]".
std::string shapeText(const at::Tensor& tensor);

// What losses ask of their input. Messages read "focal.target: classes go from 0 to 2, found 3";
// `loss` is the id.

void checkPresent(const std::string& loss, const std::string& field, const at::Tensor& tensor);
/// Floating, and every entry finite.
void checkNumbers(const std::string& loss, const std::string& field, const at::Tensor& tensor);
void checkShape(const std::string& loss, const std::string& field, const at::Tensor& tensor,
                at::IntArrayRef shape, const std::string& like);
void checkIntegers(const std::string& loss, const std::string& field, const at::Tensor& tensor);
/// Integers in 0..classes-1, or `ignored`.
void checkIndices(const std::string& loss, const at::Tensor& target, std::int64_t classes,
                  std::int64_t ignored);
/// Rows of probabilities that sum to 1.
void checkProbabilities(const std::string& loss, const at::Tensor& target);
/// Entries 0 or 1.
void checkMask(const std::string& loss, const at::Tensor& mask, at::IntArrayRef shape,
               const std::string& like);
/// One finite number a sample, [N].
void checkVector(const std::string& loss, const std::string& field, const at::Tensor& tensor);
/// Target and mask of the shape of the prediction, and the target finite where it counts.
void checkTargetNumbers(const std::string& loss, const Batch& batch, at::IntArrayRef shape);
/// Targets 0 or 1 where the mask lets them count.
void checkBinaryTarget(const std::string& loss, const Batch& batch);
/// A list parameter of one entry a class. Empty lists pass.
void checkLength(const std::string& loss, const std::string& parameter, size_t length,
                 std::int64_t classes);
/// The required parameter `counts`: one entry a class, not all of them 0.
void checkCounts(const std::string& loss, const std::vector<double>& counts, std::int64_t classes);

}  // namespace eq::loss
