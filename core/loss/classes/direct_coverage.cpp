#include "core/loss/classes/direct_coverage.h"

#include <cmath>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/map_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr const char* kId = "direct_coverage";
constexpr double kRare = -40;  // log p from which on 1 - (1 - p)^n is n p to the last digit

/// log(1 - e^x) of x < 0.
at::Tensor logOneMinusExp(const at::Tensor& x) {
  const auto near = x > -std::log(2.0);
  const auto small = x.masked_fill(near.logical_not(), -1), large = x.masked_fill(near, -1);
  return at::where(near, (-small.expm1()).log(), (-large.exp()).log1p());
}

/// The largest number below 0 with full precision, which stands for 0 where a logarithm is taken.
double justBelowZero(const at::Tensor& like) {
  return like.scalar_type() == at::kDouble ? -std::numeric_limits<double>::min()
                                           : -std::numeric_limits<float>::min();
}

class DirectCoverage : public Loss {
 public:
  explicit DirectCoverage(const Parameters& parameters)
      : draws_(static_cast<double>(parameters.integer("n"))),
        ignored_(parameters.integer("ignore_index")),
        sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override {
    const auto& logits = batch.prediction;
    checkNumbers(kId, "prediction", logits);
    if (logits.dim() < 2 || logits.dim() > 3 || logits.size(-1) < 2)
      fail("{}.prediction: expected logits [N, C] or [N, T, C] with C of at least 2, found {}", kId,
           shapeText(logits));
    checkShape(kId, "target", batch.target, logits.sizes().slice(0, logits.dim() - 1),
               logits.dim() == 2 ? "the samples" : "the positions");
    checkIndices(kId, batch.target, logits.size(-1), ignored_);
  }

  Value evaluate(const Batch& batch, bool) const override {
    const auto& logits = batch.prediction;
    const auto valid = batch.target != ignored_;
    const auto target = batch.target.masked_fill(valid.logical_not(), 0).reshape({-1});
    const auto margin = effectiveMargin(logits.reshape({-1, logits.size(-1)}), target);
    const auto logs = at::log_sigmoid(margin).reshape(valid.sizes());
    const auto rows = logits.size(0);
    const auto logP = logs.masked_fill(valid.logical_not(), 0).reshape({rows, -1}).sum(1);
    return overSamples(ofAnswer(logP), valid.reshape({rows, -1}).any(1), sum_);
  }

 private:
  at::Tensor ofAnswer(const at::Tensor& logP) const {
    const auto rare = logP < kRare;
    const auto usual = logP.masked_fill(rare, -1).clamp_max(justBelowZero(logP));
    const auto coverage = logOneMinusExp(logOneMinusExp(usual) * draws_);
    return -at::where(rare, logP + std::log(draws_), coverage);
  }

  double draws_;
  std::int64_t ignored_;
  bool sum_;
};

}  // namespace

CatalogRow<Loss> directCoverageRow() {
  Descriptor descriptor;
  descriptor.id = kId;
  descriptor.title = "Direct coverage optimisation";
  descriptor.summary =
      "Cross-entropy that stops where one of n drawn answers is right anyway (pass@n).";
  descriptor.formula = "L = −log(1 − (1 − p)^n)";
  descriptor.citation =
      "Chen, Raventós, Cheng, Ganguli, Druckmann, Rethinking Fine-Tuning when Scaling Test-Time "
      "Compute, NeurIPS 2025, arXiv:2502.07154";
  descriptor.parameters = classParameters(
      {ParameterSpec::integer("n", 8, "How many answers are drawn; 1 = cross-entropy")
           .from(1)
           .to(1024)});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = {{"prediction", "[N, C] or [N, T, C]", "logits"},
                       {"target", "int [N] or [N, T]",
                        "classes 0..C-1, or ignore_index; a row's log-probabilities are summed"}};
  descriptor.traits = {{"slices", {"margin", "raw"}}};
  return rowOf<DirectCoverage>(descriptor);
}

}  // namespace eq::loss
