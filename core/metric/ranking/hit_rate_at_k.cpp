#include "core/metric/ranking/hit_rate_at_k.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/decisions.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/ranking/embedding_ranks.h"

namespace eq::metric {
namespace {

constexpr const char* kId = "hit_rate_at_k";

class HitRateAtK : public Metric {
 public:
  explicit HitRateAtK(const Parameters& parameters) : k_(parameters.integer("k")) {}

  void check(const Batch& batch) const override {
    loss::checkNumbers(kId, "prediction", batch.prediction);
    if (batch.prediction.dim() != 2)
      fail("{}.prediction: expected embeddings [N, D], found {}", kId,
           loss::shapeText(batch.prediction));
    loss::checkShape(kId, "target", batch.target, {batch.prediction.size(0)}, "rows of prediction");
    loss::checkIntegers(kId, "target", batch.target);
  }

  void add(const Batch& batch) override { kept_.add({batch.target, batch.prediction}); }

  at::Tensor counted(const Batch& batch) const override { return batch.target != kIgnored; }

  nlohmann::json value() const override {
    const auto rows = kept_.joined();
    if (!rows.defined()) return nullptr;
    const auto ranks = ranksOfOwnLabel(rows.select(1, 0), rows.narrow(1, 1, rows.size(1) - 1));
    const auto can = ranks > 0;
    return orNull(meanOf(at::stack({(can & (ranks <= k_)).sum(), can.sum()})));
  }

 private:
  std::int64_t k_;
  KeptRows kept_;  ///< label, embedding
};

}  // namespace

CatalogRow<Metric> hitRateAtKRow() {
  auto descriptor =
      describe(kId, "Hit rate at k",
               "Share of the embeddings that have one of their own label among their k nearest by "
               "cosine, themselves excluded; called Recall@k in metric learning. Those whose label "
               "no other has are left out.",
               "mean_i 1{a j ≠ i of y_i is among the k nearest}",
               "Song et al., Deep Metric Learning via Lifted Structured Feature Embedding, CVPR "
               "2016",
               "max");
  descriptor.parameters = {ParameterSpec::integer("k", 1, "Neighbours that are looked at").from(1)};
  descriptor.inputs = {{"prediction", "[N, D]", "embeddings"},
                       {"target", "int [N]", "labels, -100 = ignored"}};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.traits["prediction"] = "embedding";
  descriptor.traits["undefined"] = "no two embeddings have the same label";
  descriptor.traits["examples"] = false;  // a copy would be its original's nearest neighbour
  return rowOf<HitRateAtK>(descriptor);
}

}  // namespace eq::metric
