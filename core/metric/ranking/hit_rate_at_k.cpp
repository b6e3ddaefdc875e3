#include "core/metric/ranking/hit_rate_at_k.h"

#include <algorithm>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

constexpr const char* kId = "hit_rate_at_k";
constexpr std::int64_t kBlock = std::int64_t{1} << 20;  // products held at a time
constexpr double kSmallestNorm = 1e-12;

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

  at::Tensor counted(const Batch&) const override { return {}; }

  nlohmann::json value() const override {
    const auto rows = kept_.joined();
    if (!rows.defined()) return nullptr;
    const auto labels = rows.select(1, 0);
    const auto vectors = rows.narrow(1, 1, rows.size(1) - 1);
    const auto units = vectors / vectors.norm(2, 1, true).clamp_min(kSmallestNorm);
    const auto step = std::max<std::int64_t>(1, kBlock / std::max<std::int64_t>(1, units.numel()));
    at::Tensor counts;
    for (std::int64_t begin = 0; begin < units.size(0); begin += step)
      addTo(counts, hits(units, labels, begin, std::min(begin + step, units.size(0))));
    return orNull(meanOf(counts));
  }

 private:
  /// Hits among the queries begin to end, beside the number of those that could hit.
  at::Tensor hits(const at::Tensor& units, const at::Tensor& labels, std::int64_t begin,
                  std::int64_t end) const {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto count = units.size(0);
    const auto index = at::arange(count, units.options().dtype(at::kLong));
    const auto other = index.narrow(0, begin, end - begin).unsqueeze(1) != index;
    const auto same = (labels.narrow(0, begin, end - begin).unsqueeze(1) == labels) & other;
    // Not a matrix product: the same sum for equal vectors, wherever they stand, keeps ties ties.
    const auto similarity =
        (units.narrow(0, begin, end - begin).unsqueeze(1) * units.unsqueeze(0)).sum(2);
    const auto best = similarity.masked_fill(same.logical_not(), -kInfinity).amax(1, true);
    const auto isBest = same & (similarity == best);
    const auto first =
        index.expand_as(similarity).masked_fill(isBest.logical_not(), count).amin(1, true);
    const auto before = other & ((similarity > best) | ((similarity == best) & (index < first)));
    const auto can = same.any(1);
    const auto hit = (before.sum(1) < k_) & can;
    return at::stack({hit.sum(), can.sum()});
  }

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
  descriptor.inputs = {{"prediction", "[N, D]", "embeddings"}, {"target", "int [N]", "labels"}};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.traits["prediction"] = "embedding";
  descriptor.traits["undefined"] = "no two embeddings have the same label";
  descriptor.traits["examples"] = false;  // a copy would be its original's nearest neighbour
  return rowOf<HitRateAtK>(descriptor);
}

}  // namespace eq::metric
