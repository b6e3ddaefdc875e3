#include "core/loss/loss.h"

namespace eq::loss {

Batch widened(Batch batch) {
  const auto widen = [](at::Tensor& tensor) {
    if (tensor.defined() && at::isReducedFloatingType(tensor.scalar_type()))
      tensor = tensor.to(at::kFloat);
  };
  widen(batch.prediction);
  widen(batch.target);
  for (auto& [name, field] : batch.fields) widen(field);
  return batch;
}

}  // namespace eq::loss
