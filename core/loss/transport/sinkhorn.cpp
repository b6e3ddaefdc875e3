#include "core/loss/transport/sinkhorn.h"

#include <ATen/TensorOperators.h>

#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"
#include "core/loss/transport/entropic_transport.h"
#include "core/loss/transport_support.h"

namespace eq::loss {
namespace {

constexpr const char* kSinkhorn = "sinkhorn";

class Sinkhorn : public Loss {
 public:
  explicit Sinkhorn(const Parameters& parameters)
      : bins_(kSinkhorn, parameters),
        epsilon_(parameters.number("epsilon")),
        p_(parameters.number("p")),
        debias_(parameters.boolean("debias")),
        iterations_(parameters.integer("max_iterations")),
        tolerance_(parameters.number("tolerance")),
        ignored_(parameters.integer("ignore_index")),
        sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override {
    checkBinLogits(kSinkhorn, batch.prediction);
    bins_.check(kSinkhorn, batch.prediction);
    checkRanksOrRows(kSinkhorn, batch, ignored_);
    const auto cost = batch.field("cost");
    const auto bins = batch.prediction.size(1);
    if (!cost.defined()) return;
    checkNumbers(kSinkhorn, "cost", cost);
    checkShape(kSinkhorn, "cost", cost, {bins, bins}, "the bins");
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
    const EntropicTransport transport(cost, epsilon_, tolerance_, iterations_);
    const auto logA = logits.detach().log_softmax(1), logB = b.log();
    auto [f, g] = transport.between(logA, logB);
    if (debias_) {
      f = f - transport.within(logA);
      g = g - transport.within(logB);
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
  descriptor.id = kSinkhorn;
  descriptor.title = "Sinkhorn divergence";
  descriptor.summary =
      "Regularised cost of moving the predicted distribution to the target's at any cost between "
      "classes. Looking whether an iteration has converged waits for the device.";
  descriptor.formula = "L = OT_ε(a, b) − ½ OT_ε(a, a) − ½ OT_ε(b, b), a = softmax(z)";
  descriptor.citation =
      "Cuturi, Sinkhorn Distances, NeurIPS 2013, arXiv:1306.0895; Feydy et al., Interpolating "
      "between Optimal Transport and MMD, AISTATS 2019, arXiv:1810.08278";
  descriptor.parameters = classParameters(
      {ParameterSpec::number("epsilon", 0.1, "Regularisation, in the unit of the cost").above(0),
       ParameterSpec::integer("p", 2, "Exponent of the cost |b_i − b_j|^p / p").from(1).to(2),
       BinAxis::spec(),
       ParameterSpec::boolean("debias", true, "Subtract each side's cost to itself"),
       ParameterSpec::integer("max_iterations", 10000, "Of each of the three costs, at most")
           .from(1),
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
