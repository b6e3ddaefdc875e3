#include "core/loss/sinkhorn.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/zeros_like.h>

#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"
#include "core/loss/transport_support.h"

namespace eq::loss {
namespace {

constexpr const char* kId = "sinkhorn";
constexpr std::int64_t kIterationsBetweenLooks = 20;

/// f and g, [N, K] each, at which ⟨a, f⟩ + ⟨b, g⟩ is the transport's cost.
struct Potentials {
  at::Tensor f, g;
};

/// The iterations. Masses come as their logarithms, [N, K], and are constants.
class Solver {
 public:
  Solver(const at::Tensor& cost, double epsilon, double tolerance, std::int64_t iterations)
      : cost_(cost / epsilon), epsilon_(epsilon), tolerance_(tolerance), iterations_(iterations) {}

  Potentials between(const at::Tensor& logA, const at::Tensor& logB) const {
    return iterated(logA, [&](const Potentials& old) {
      const auto f = update(logB, old.g, cost_);
      return Potentials{f, update(logA, f, cost_.t())};
    });
  }

  /// From a distribution to itself. Steps by half converge at once where the alternation does not.
  at::Tensor within(const at::Tensor& logA) const {
    const auto found = iterated(logA, [&](const Potentials& old) {
      return Potentials{(old.f + update(logA, old.g, cost_)) / 2,
                        (old.g + update(logA, old.f, cost_.t())) / 2};
    });
    const auto f = update(logA, found.g, cost_);
    return (f + update(logA, f, cost_.t())) / 2;
  }

 private:
  /// f_i = −ε log Σ_j m_j exp((g_j − C_ij) / ε).
  at::Tensor update(const at::Tensor& logMass, const at::Tensor& potential,
                    const at::Tensor& cost) const {
    return ((logMass + potential / epsilon_).unsqueeze(1) - cost).logsumexp(2) * -epsilon_;
  }

  template <typename Step>
  Potentials iterated(const at::Tensor& like, const Step& step) const {
    Potentials now{at::zeros_like(like), at::zeros_like(like)};
    for (std::int64_t i = 1; i <= iterations_; ++i) {
      const Potentials next = step(now);
      const bool looks = i % kIterationsBetweenLooks == 0;
      const bool done =
          looks &&
          at::maximum((next.f - now.f).abs().max(), (next.g - now.g).abs().max()).item<double>() <
              tolerance_;
      now = next;
      if (done) break;
    }
    return now;
  }

  at::Tensor cost_;
  double epsilon_, tolerance_;
  std::int64_t iterations_;
};

class Sinkhorn : public Loss {
 public:
  explicit Sinkhorn(const Parameters& parameters)
      : bins_(kId, parameters),
        epsilon_(parameters.number("epsilon")),
        p_(parameters.number("p")),
        debias_(parameters.boolean("debias")),
        iterations_(parameters.integer("max_iterations")),
        tolerance_(parameters.number("tolerance")),
        ignored_(parameters.integer("ignore_index")),
        sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override {
    checkBinLogits(kId, batch.prediction);
    bins_.check(kId, batch.prediction);
    checkRanksOrRows(kId, batch, ignored_);
    const auto cost = batch.field("cost");
    const auto bins = batch.prediction.size(1);
    if (!cost.defined()) return;
    checkNumbers(kId, "cost", cost);
    checkShape(kId, "cost", cost, {bins, bins}, "the bins");
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    const auto logits = batch.prediction.to(at::kDouble);
    const bool rows = batch.target.dim() == 2;
    const auto off = rows ? offByMask(batch) : batch.target == ignored_;
    const auto target =
        rows ? distributionsOf(batch) : oneHotLike(logits, batch.target.masked_fill(off, 0));
    const auto values = transported(logits, target, costOf(batch, logits));
    return pooled(values.to(batch.prediction.scalar_type()), off, sum_, perSample);
  }

 private:
  /// Scaled to sum to 1: unequal masses would keep the potentials moving for ever.
  static at::Tensor distributionsOf(const Batch& batch) {
    const auto rows = probabilitiesOf(batch).to(at::kDouble);
    return rows / rows.sum(1, true);
  }

  at::Tensor costOf(const Batch& batch, const at::Tensor& logits) const {
    const auto given = batch.field("cost");
    if (given.defined()) return given.to(at::kDouble);
    const auto positions = bins_.positions(logits);
    return (positions.unsqueeze(1) - positions.unsqueeze(0)).abs().pow(p_) / p_;
  }

  /// The potentials are constants in it: by the envelope theorem they are the gradient in a, and
  /// those of OT(a, a), where a stands twice, cancel its half.
  at::Tensor transported(const at::Tensor& logits, const at::Tensor& b,
                         const at::Tensor& cost) const {
    const Solver solver(cost, epsilon_, tolerance_, iterations_);
    const auto logA = logits.detach().log_softmax(1), logB = b.log();
    auto [f, g] = solver.between(logA, logB);
    if (debias_) {
      f = f - solver.within(logA);
      g = g - solver.within(logB);
    }
    return (logits.softmax(1) * f + b * g).sum(1);
  }

  BinAxis bins_;
  double epsilon_, p_;
  bool debias_;
  std::int64_t iterations_;
  double tolerance_;
  std::int64_t ignored_;
  bool sum_;
};

}  // namespace

CatalogRow<Loss> sinkhornRow() {
  Descriptor descriptor;
  descriptor.id = kId;
  descriptor.title = "Sinkhorn divergence";
  descriptor.summary =
      "Regularised cost of moving the predicted distribution to the target's at any cost between "
      "classes. Looking whether the iteration has converged waits for the device every 20 "
      "iterations.";
  descriptor.formula = "L = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b), a = softmax(z)";
  descriptor.citation =
      "Cuturi, Sinkhorn Distances, NeurIPS 2013, arXiv:1306.0895; Feydy et al., Interpolating "
      "between Optimal Transport and MMD, AISTATS 2019, arXiv:1810.08278";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("epsilon", 0.1, "Regularisation, in the unit of the cost").above(0),
       ParameterSpec::integer("p", 2, "Exponent of the cost |b_i − b_j|^p / p").from(1).to(2),
       BinAxis::spec(),
       ParameterSpec::boolean("debias", true, "Subtract each side's cost to itself"),
       ParameterSpec::integer("max_iterations", 10000, "Of each iteration, at most").from(1),
       ParameterSpec::number("tolerance", 1e-10, "Largest change of a potential that ends it")
           .above(0)});
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.inputs = {{"prediction", "[N, K]", "logits"},
                       {"target", "int [N], or [N, K]", "ranks or ignore_index; or distributions"},
                       {"mask", "[N]", "with distributions: 0 = does not count", false},
                       {"cost", "[K, K]", "cost between classes; else of their positions", false}};
  descriptor.traits = {{"slices", {"raw"}}};
  return rowOf<Sinkhorn>(std::move(descriptor));
}

}  // namespace eq::loss
