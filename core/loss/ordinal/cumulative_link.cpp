#include "core/loss/ordinal/cumulative_link.h"

#include <limits>
#include <numbers>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/special_erfcx.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"

namespace eq::loss {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// log(1 - e^-x) of x > 0.
at::Tensor log1mExp(const at::Tensor& x) {
  return (-(-x).expm1()).log();
}

/// The interval of a sample's rank on the axis of the link; all [N]. An open end is infinite.
struct Interval {
  at::Tensor lower, upper, gap;  ///< gap: upper - lower
};

at::Tensor logitLoss(const Interval& rank) {
  return -at::log_sigmoid(rank.upper) - at::log_sigmoid(-rank.lower) - log1mExp(rank.gap);
}

/// -log(Φ(upper) - Φ(lower)).
at::Tensor probitLoss(const Interval& rank) {
  // Mirrored where it leans right: then the lower end is negative and the only one that is open.
  const auto mirrored = rank.lower + rank.upper > 0;
  const auto upper = at::where(mirrored, -rank.lower, rank.upper) * std::numbers::sqrt2 / 2;
  const auto lower = at::where(mirrored, -rank.upper, rank.lower) * std::numbers::sqrt2 / 2;
  const auto open = lower == -kInfinity;
  // Both ends in the left tail: e^-a² is taken out of the difference of erfc(a) and erfc(b).
  const auto inTail = upper < 0;
  const auto a = (-upper).clamp_min(0);
  const auto b = (-lower).masked_fill(open, 0);
  const auto gap = (rank.gap * std::numbers::sqrt2 / 2).masked_fill(open, 0);
  const auto further = ((a + b) * -gap).exp() * at::special_erfcx(b);
  const auto rest = at::special_erfcx(a) - further.masked_fill(open, 0);
  const auto tail = rest.masked_fill(inTail.logical_not(), 2).div(2).log() - a.square();
  const auto middle = ((upper.erf() - lower.erf()) / 2).masked_fill(inTail, 1).log();
  return -at::where(inTail, tail, middle);
}

/// e^x, from a huge value on along its tangent, so that it stays finite. \param x finite.
at::Tensor boundedExp(const at::Tensor& x) {
  const double limit = x.scalar_type() == at::kDouble ? 600 : 60;
  const auto below = x.clamp_max(limit);
  return below.exp() * (1 + x - below);
}

/// log(1 - exp(-e^u)), exact for very small e^u as well. \param u finite.
at::Tensor logCloglog(const at::Tensor& u) {
  const auto small = u < -10;
  // Both branches are clamped beyond where they are chosen, off the kinks of the clamps.
  const auto d = u.clamp_max(-9).exp();
  // From e^5 on the logarithm is 0 to the last digit.
  const auto large = log1mExp(u.clamp(-11, 5).exp());
  return at::where(small, u - d / 2 + d.square() / 24, large);
}

/// P(y <= k) = 1 - exp(-e^upper), so L = e^lower - log(1 - exp(e^lower - e^upper)).
at::Tensor cloglogLoss(const Interval& rank) {
  const auto first = rank.lower == -kInfinity, last = rank.upper == kInfinity;
  const auto above = boundedExp(rank.lower.masked_fill(first, 0)).masked_fill(first, 0);
  const auto logWidth = rank.upper.masked_fill(last, 0) + log1mExp(rank.gap);
  return above - logCloglog(logWidth).masked_fill(last, 0);
}

class CumulativeLink : public ClassLoss {
 public:
  explicit CumulativeLink(const Parameters& parameters)
      : ClassLoss("cumulative_link", parameters), link_(parameters.text("link")) {}

  void check(const Batch& batch) const override {
    const auto thresholds = batch.field("thresholds");
    checkNumbers(id(), "thresholds", thresholds);
    if (thresholds.dim() != 1)
      fail("{}.thresholds: expected [K-1], found {}", id(), shapeText(thresholds));
    for (std::int64_t i = 1; i < thresholds.size(0); ++i)
      if (thresholds[i].item<double>() <= thresholds[i - 1].item<double>())
        fail("{}.thresholds[{}]: must increase, found {} after {}", id(), i,
             thresholds[i].item<double>(), thresholds[i - 1].item<double>());
    checkVector(id(), "prediction", batch.prediction);
    checkShape(id(), "target", batch.target, batch.prediction.sizes(), "prediction");
    checkIndices(id(), batch.target, thresholds.size(0) + 1, ignored());
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    Readout readout;
    readout.scalar = true;
    readout.fields = {{"thresholds", LearnedField::Kind::increasing, task.width - 1}};
    return {readout};
  }
  at::Tensor decode(const Batch& batch) const override {
    return logitsByLoss(batch, batch.task->width);
  }

 private:
  at::Tensor samplesOfBatch(const Batch& batch, const at::Tensor& target,
                            const at::Tensor&) const override {
    const auto& score = batch.prediction;
    const auto inner = batch.field("thresholds").to(score.options());
    const auto open = at::full({1}, kInfinity, score.options());
    const auto bounds = at::cat({-open, inner, open});
    const auto lower = bounds.index_select(0, target), upper = bounds.index_select(0, target + 1);
    const Interval rank{lower - score, upper - score, upper - lower};
    if (link_ == "probit") return probitLoss(rank);
    return link_ == "cloglog" ? cloglogLoss(rank) : logitLoss(rank);
  }

  std::string link_;
};

}  // namespace

CatalogRow<Loss> cumulativeLinkRow() {
  Descriptor descriptor;
  descriptor.id = "cumulative_link";
  descriptor.title = "Cumulative link (proportional odds)";
  descriptor.summary = "Likelihood of the rank whose interval between thresholds holds the score.";
  descriptor.formula = "L = −log[g(θ_y − f) − g(θ_{y−1} − f)]";
  descriptor.citation =
      "McCullagh, Regression Models for Ordinal Data, Journal of the Royal Statistical Society B "
      "1980";
  descriptor.parameters = classParameters({ParameterSpec::choice(
      "link", "logit", {"logit", "probit", "cloglog"},
      "Distribution of the noise on the score: σ(x), Φ(x), or 1 − exp(−eˣ)")});
  descriptor.taskKinds = {TaskKind::ordinal};
  descriptor.inputs = {{"prediction", "[N]", "scores f"},
                       {"target", "int [N]", "ranks 0..K-1, or ignore_index"},
                       {"thresholds", "[K-1]", "θ, increasing"}};
  descriptor.traits = {{"prediction", "score"}, {"learned", {"thresholds"}}};
  return rowOf<CumulativeLink>(descriptor);
}

}  // namespace eq::loss
