#include "core/loss/checks.h"

#include <algorithm>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/first_found.h"
#include "core/loss/not_integers.h"

namespace eq::loss {
namespace {

std::string shapeText(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape.vec(), ", "));
}

}  // namespace

std::string shapeText(const at::Tensor& tensor) {
  return shapeText(tensor.sizes());
}

void checkPresent(const std::string& loss, const std::string& field, const at::Tensor& tensor) {
  if (!tensor.defined()) fail("{}.{}: is required and missing", loss, field);
}

void checkNumbers(const std::string& loss, const std::string& field, const at::Tensor& tensor) {
  checkPresent(loss, field, tensor);
  const auto wrong = tensor.isfinite().logical_not();
  if (wrong.any().item<bool>())
    fail("{}.{}: must be finite, found {}", loss, field, firstFound(tensor, wrong));
}

void checkShape(const std::string& loss, const std::string& field, const at::Tensor& tensor,
                at::IntArrayRef shape, const std::string& like) {
  checkPresent(loss, field, tensor);
  if (!tensor.sizes().equals(shape))
    fail("{}.{}: must have the shape of {} {}, found {}", loss, field, like, shapeText(shape),
         shapeText(tensor));
}

void checkIntegers(const std::string& loss, const std::string& field, const at::Tensor& tensor) {
  checkPresent(loss, field, tensor);
  if (!tensor.is_floating_point()) return;
  const auto broken = tensor.masked_select((tensor != tensor.floor()) | (tensor.abs() >= 0x1p63));
  const auto wrong = broken.numel() > 0 ? broken : tensor.flatten();
  // Of several whole numbers it is not known which were written as decimals.
  const bool known = broken.numel() > 0 || wrong.numel() == 1;
  throw NotIntegers(fmt::format("{}.{}", loss, field), field,
                    known ? fmt::format("{:#}", wrong[0].item<double>()) : "decimals");
}

void checkIndices(const std::string& loss, const at::Tensor& target, std::int64_t classes,
                  std::int64_t ignored) {
  checkIntegers(loss, "target", target);
  const auto wrong = ((target < 0) | (target >= classes)) & (target != ignored);
  if (wrong.any().item<bool>())
    fail("{}.target: classes go from 0 to {} ({} = ignored), found {}", loss, classes - 1, ignored,
         target.masked_select(wrong)[0].item<std::int64_t>());
}

void checkProbabilities(const std::string& loss, const at::Tensor& target) {
  checkNumbers(loss, "target", target);
  if ((target < 0).any().item<bool>())
    fail("{}.target: probabilities must be at least 0, found {}", loss,
         target.min().item<double>());
  const auto sums = target.to(at::kDouble).sum(1);
  const auto wrong = (sums - 1).abs() > 1e-4;
  if (wrong.any().item<bool>())
    fail("{}.target: each row of probabilities must sum to 1, found {}", loss,
         firstFound(sums, wrong));
}

void checkMask(const std::string& loss, const at::Tensor& mask, at::IntArrayRef shape,
               const std::string& like) {
  if (!mask.defined()) return;
  checkShape(loss, "mask", mask, shape, like);
  const auto wrong = (mask != 0) & (mask != 1);
  if (wrong.any().item<bool>())
    fail("{}.mask: must be 0 or 1, found {}", loss, firstFound(mask, wrong));
}

void checkVector(const std::string& loss, const std::string& field, const at::Tensor& tensor) {
  checkNumbers(loss, field, tensor);
  if (tensor.dim() != 1) fail("{}.{}: expected [N], found {}", loss, field, shapeText(tensor));
}

void checkTargetNumbers(const std::string& loss, const Batch& batch, at::IntArrayRef shape) {
  checkShape(loss, "target", batch.target, shape, "prediction");
  const auto mask = batch.field("mask");
  checkMask(loss, mask, shape, "prediction");
  checkNumbers(loss, "target",
               mask.defined() ? batch.target.masked_fill(mask == 0, 0) : batch.target);
}

void checkBinaryTarget(const std::string& loss, const Batch& batch) {
  auto wrong = (batch.target != 0) & (batch.target != 1);
  const auto mask = batch.field("mask");
  if (mask.defined()) wrong = wrong & (mask != 0);
  if (wrong.any().item<bool>())
    fail("{}.target: must be 0 or 1, found {}", loss, firstFound(batch.target, wrong));
}

void checkLength(const std::string& loss, const std::string& parameter, size_t length,
                 std::int64_t classes) {
  if (length > 0 && static_cast<std::int64_t>(length) != classes)
    fail("{}.{}: needs one entry a class, {}, found {}", loss, parameter, classes, length);
}

void checkCounts(const std::string& loss, const std::vector<double>& counts, std::int64_t classes) {
  if (counts.empty())
    fail("{}.counts: needs one entry a class, {}, found an empty list", loss, classes);
  checkLength(loss, "counts", counts.size(), classes);
  if (std::all_of(counts.begin(), counts.end(), [](double count) { return count == 0; }))
    fail("{}.counts: at least one must be above 0, found all 0", loss);
}

}  // namespace eq::loss
