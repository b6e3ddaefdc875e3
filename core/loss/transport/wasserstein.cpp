#include "core/loss/transport/wasserstein.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/zeros_like.h>

#include "core/loss/class_loss.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"
#include "core/loss/transport_support.h"

namespace eq::loss {
namespace {

constexpr const char* kWasserstein = "wasserstein";

/// Cost of moving `p` to `q`, both [N, K], over bins at `positions` with p = 1: the area between
/// the CDFs.
at::Tensor areaBetween(const at::Tensor& p, const at::Tensor& q, const at::Tensor& positions) {
  const auto last = positions.size(0) - 1;
  const auto gaps = positions.narrow(0, 1, last) - positions.narrow(0, 0, last);
  const auto difference = (p - q).cumsum(1).narrow(1, 0, last);
  return (difference.abs() * gaps).sum(1);
}

/// The same with |b_i - b_j|²: the steps of both CDFs are merged, and the mass of each step moves
/// from bin i to bin j.
at::Tensor quantileCoupling(const at::Tensor& p, const at::Tensor& q, const at::Tensor& positions) {
  const auto last = positions.size(0) - 1;
  const auto cdfP = p.cumsum(1).narrow(1, 0, last).clamp(0, 1).contiguous();
  const auto cdfQ = q.cumsum(1).narrow(1, 0, last).clamp(0, 1).contiguous();
  const auto one = at::ones_like(cdfP.narrow(1, 0, 1));
  const auto steps = std::get<0>(at::cat({cdfP, cdfQ, one}, 1).sort(1));
  const auto before = at::cat({at::zeros_like(one), steps.narrow(1, 0, steps.size(1) - 1)}, 1);
  const auto middle = ((steps + before) / 2).detach().contiguous();
  const auto from = positions.take(at::searchsorted(cdfP.detach(), middle).clamp_max(last));
  const auto to = positions.take(at::searchsorted(cdfQ.detach(), middle).clamp_max(last));
  return ((steps - before) * (from - to).square()).sum(1);
}

class Wasserstein : public Loss {
 public:
  explicit Wasserstein(const Parameters& parameters)
      : p_(parameters.number("p")),
        bins_(kWasserstein, parameters),
        root_(parameters.boolean("root")),
        normalize_(parameters.boolean("normalize")),
        targetIsValue_(parameters.text("target_kind") == "value"),
        lambda_(parameters.number("lambda")),
        entropyWeight_(parameters.number("ce_weight")),
        ignored_(parameters.integer("ignore_index")),
        sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override {
    checkBinLogits(kWasserstein, batch.prediction);
    bins_.check(kWasserstein, batch.prediction);
    if (targetIsValue_) return checkBinNumbers(kWasserstein, batch);
    checkRanksOrRows(kWasserstein, batch, ignored_);
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    const auto& logits = batch.prediction;
    const auto positions = positionsLike(logits);
    if (targetIsValue_) {
      const auto target = onNeighbours(numbersOf(batch), bins_.positions(logits));
      return pooled(ofDistributions(logits, target, positions), offByMask(batch), sum_, perSample);
    }
    if (batch.target.dim() == 2)
      return pooled(ofDistributions(logits, probabilitiesOf(batch), positions), offByMask(batch),
                    sum_, perSample);
    const auto off = batch.target == ignored_;
    return pooled(ofRanks(logits, batch.target.masked_fill(off, 0), positions), off, sum_,
                  perSample);
  }

 private:
  at::Tensor positionsLike(const at::Tensor& like) const {
    const auto positions = bins_.positions(like);
    if (!normalize_) return positions;
    const auto first = positions.narrow(0, 0, 1);
    return (positions - first) / (positions.narrow(0, positions.size(0) - 1, 1) - first);
  }

  /// Numbers as distributions over their two neighbouring bins, clamped to the ends; [N, K].
  static at::Tensor onNeighbours(const at::Tensor& value, const at::Tensor& positions) {
    const auto last = positions.size(0) - 1;
    const auto upper = at::searchsorted(positions, value.contiguous()).clamp(1, last);
    const auto low = positions.take(upper - 1);
    const auto share = ((value - low) / (positions.take(upper) - low)).clamp(0, 1).unsqueeze(1);
    const auto zero = at::zeros_like(share.expand({share.size(0), last + 1}));
    return zero.scatter(1, (upper - 1).unsqueeze(1), 1 - share)
        .scatter(1, upper.unsqueeze(1), share);
  }

  at::Tensor rooted(const at::Tensor& cost) const { return root_ && p_ != 1 ? rootOf(cost) : cost; }

  at::Tensor ofRanks(const at::Tensor& logits, const at::Tensor& target,
                     const at::Tensor& positions) const {
    const auto distance =
        (positions.unsqueeze(0) - positions.take(target).unsqueeze(1)).abs().pow(p_);
    const auto cost = rooted((logits.softmax(1) * distance).sum(1));
    if (entropyWeight_ == 0) return cost * lambda_;
    return cost * lambda_ - ownLogit(logits.log_softmax(1), target) * entropyWeight_;
  }

  at::Tensor ofDistributions(const at::Tensor& logits, const at::Tensor& target,
                             const at::Tensor& positions) const {
    const auto probabilities = logits.softmax(1);
    const auto cost = rooted(p_ == 1 ? areaBetween(probabilities, target, positions)
                                     : quantileCoupling(probabilities, target, positions));
    if (entropyWeight_ == 0) return cost * lambda_;
    return cost * lambda_ - (target * logits.log_softmax(1)).sum(1) * entropyWeight_;
  }

  double p_;
  BinAxis bins_;
  bool root_, normalize_, targetIsValue_;
  double lambda_, entropyWeight_;
  std::int64_t ignored_;
  bool sum_;
};

}  // namespace

CatalogRow<Loss> wassersteinRow() {
  Descriptor descriptor;
  descriptor.id = kWasserstein;
  descriptor.title = "Wasserstein distance over ordered classes";
  descriptor.summary =
      "Cost of moving the predicted distribution to the target's along the ordered classes.";
  descriptor.formula = "L = λ W_p^p(softmax(z), q) + c CE";
  descriptor.citation = "One-dimensional optimal transport (standard)";
  descriptor.parameters = classParameters(
      {ParameterSpec::integer("p", 1, "Exponent of the distance").from(1).to(2), BinAxis::spec(),
       ParameterSpec::boolean("root", false, "Take the p-th root"),
       ParameterSpec::boolean("normalize", false, "Scale the positions to 0..1"),
       ParameterSpec::choice(
           "target_kind", "index", {"index", "value"},
           "Ranks or distributions, or numbers spread onto the two neighbouring positions"),
       ParameterSpec::number("lambda", 1, "Factor on the distance").from(0),
       ParameterSpec::number("ce_weight", 0, "Factor on the cross-entropy against the same target")
           .from(0)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.inputs = {{"prediction", "[N, K]", "logits"},
                       {"target", "int [N], [N, K], or [N]",
                        "ranks, distributions, or numbers with target_kind value"},
                       {"mask", "[N]", "with distributions or numbers: 0 = does not count", false}};
  descriptor.traits = {{"slices", {"raw"}}};
  return rowOf<Wasserstein>(std::move(descriptor));
}

}  // namespace eq::loss
