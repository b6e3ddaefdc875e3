#include "core/metric/accuracy.h"

#include "core/metric/decisions.h"

#include <ATen/TensorOperators.h>

namespace eq::metric {

void Accuracy::check(const Batch& batch) const {
  checkClasses(batch, "accuracy");
}

void Accuracy::add(const Batch& batch) {
  const Decisions decisions = decide(batch);
  const auto right = ((decisions.predicted == decisions.target) & decisions.valid).sum();
  const auto valid = decisions.valid.sum();
  right_ = right_.defined() ? right_ + right : right;
  valid_ = valid_.defined() ? valid_ + valid : valid;
}

nlohmann::json Accuracy::value() const {
  if (!valid_.defined()) return nullptr;
  const auto valid = valid_.item<std::int64_t>();
  if (valid == 0) return nullptr;
  return static_cast<double>(right_.item<std::int64_t>()) / static_cast<double>(valid);
}

CatalogRow<Metric> accuracyRow() {
  Descriptor descriptor;
  descriptor.id = "accuracy";
  descriptor.title = "Accuracy";
  descriptor.summary = "Share of right decisions among the valid targets.";
  descriptor.formula = "Σ 1{argmax z = y} / N";
  descriptor.citation = "Textbook definition";
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::multilabel,
                          TaskKind::ordinal};
  descriptor.inputs = {
      {"prediction", "[N, C], [N] or [N, L]", "logits"},
      {"target", "int [N], or 0/1 in the shape of prediction", "classes, -100 = ignored"},
      {"mask", "as target", "0 = does not count", false}};
  descriptor.traits = {{"direction", "max"}, {"unit", ""}};
  return {descriptor, [](const Parameters&) { return std::make_unique<Accuracy>(); }};
}

}  // namespace eq::metric
