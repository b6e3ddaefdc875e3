#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/parameter.h"
#include "core/loss/loss.h"

namespace eq::loss {

// What losses share that move a predicted distribution softmax(logits [N, K]) over bins.

/// The parameter `bins`: positions of the K bins, or 0..K-1.
class BinAxis {
 public:
  /// \throws Error unless the positions increase. \param loss the id, for messages.
  BinAxis(const std::string& loss, const Parameters& parameters);

  static ParameterSpec spec();
  void check(const std::string& loss, const at::Tensor& logits) const;
  /// Number of the positions that were given; 0 for 0..K-1.
  std::int64_t count() const { return static_cast<std::int64_t>(positions_.size()); }
  /// [K], of the type and on the device of `logits`.
  at::Tensor positions(const at::Tensor& logits) const;

 private:
  std::vector<double> positions_;
};

/// Finite logits [N, K] with K of at least 2.
void checkBinLogits(const std::string& loss, const at::Tensor& logits);
/// Ranks [N] or rows of probabilities [N, K] with an optional mask [N].
void checkRanksOrRows(const std::string& loss, const Batch& batch, std::int64_t ignored);
/// Numbers [N], finite where the optional mask [N] lets them count.
void checkBinNumbers(const std::string& loss, const Batch& batch);

/// Where `mask` is 0, bool [N]; undefined without a mask.
at::Tensor offByMask(const Batch& batch);
/// The numbers in the prediction's type, 0 where they do not count.
at::Tensor numbersOf(const Batch& batch);
/// Rows of probabilities that are 1 at `target` [N], like `logits`.
at::Tensor oneHotLike(const at::Tensor& logits, const at::Tensor& target);

}  // namespace eq::loss
