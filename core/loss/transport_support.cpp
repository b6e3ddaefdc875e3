#include "core/loss/transport_support.h"

#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"

namespace eq::loss {

BinAxis::BinAxis(const std::string& loss, const Parameters& parameters)
    : positions_(parameters.numbers("bins")) {
  for (size_t i = 1; i < positions_.size(); ++i)
    if (positions_[i] <= positions_[i - 1])
      fail("{}.bins[{}]: positions must increase, found {} after {}", loss, i, positions_[i],
           positions_[i - 1]);
}

ParameterSpec BinAxis::spec() {
  return ParameterSpec::numberList("bins", nlohmann::json::array(),
                                   "Increasing positions of the classes; empty: 0..K−1");
}

void BinAxis::check(const std::string& loss, const at::Tensor& logits) const {
  checkLength(loss, "bins", positions_.size(), logits.size(1));
}

at::Tensor BinAxis::positions(const at::Tensor& logits) const {
  if (!positions_.empty()) return listTensor(positions_, logits);
  std::vector<double> ranks(static_cast<size_t>(logits.size(1)));
  std::iota(ranks.begin(), ranks.end(), 0.0);
  return listTensor(ranks, logits);
}

void checkBinLogits(const std::string& loss, const at::Tensor& logits) {
  checkNumbers(loss, "prediction", logits);
  if (logits.dim() != 2 || logits.size(1) < 2)
    fail("{}.prediction: expected logits [N, K] with K of at least 2, found {}", loss,
         shapeText(logits));
}

void checkRanksOrRows(const std::string& loss, const Batch& batch, std::int64_t ignored) {
  checkPresent(loss, "target", batch.target);
  const auto [samples, bins] = std::pair(batch.prediction.size(0), batch.prediction.size(1));
  if (batch.target.dim() == 2) {
    checkMask(loss, batch.field("mask"), {samples}, "the samples");
    checkShape(loss, "target", batch.target, batch.prediction.sizes(), "prediction");
    return checkProbabilities(loss, probabilitiesOf(batch));
  }
  checkShape(loss, "target", batch.target, {samples}, "the samples");
  checkIndices(loss, batch.target, bins, ignored);
}

void checkBinNumbers(const std::string& loss, const Batch& batch) {
  const auto samples = batch.prediction.size(0);
  checkShape(loss, "target", batch.target, {samples}, "the samples");
  checkMask(loss, batch.field("mask"), {samples}, "the samples");
  checkNumbers(loss, "target", numbersOf(batch));
}

at::Tensor offByMask(const Batch& batch) {
  const auto mask = batch.field("mask");
  return mask.defined() ? mask == 0 : at::Tensor();
}

at::Tensor numbersOf(const Batch& batch) {
  const auto off = offByMask(batch);
  const auto numbers = batch.target.to(batch.prediction.scalar_type());
  return off.defined() ? numbers.masked_fill(off, 0) : numbers;
}

at::Tensor oneHotLike(const at::Tensor& logits, const at::Tensor& target) {
  return at::zeros_like(logits).scatter(1, target.unsqueeze(1), 1);
}

}  // namespace eq::loss
