#include "core/loss/transport/binned_wasserstein.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/class_loss.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"
#include "core/loss/transport_support.h"

namespace eq::loss {
namespace {

constexpr const char* kBinnedWasserstein = "binned_wasserstein";

class BinnedWasserstein : public Loss {
 public:
  explicit BinnedWasserstein(const Parameters& parameters)
      : bins_(kBinnedWasserstein, parameters),
        p_(parameters.number("p")),
        normalize_(parameters.boolean("normalize")),
        snap_(parameters.boolean("snap")),
        lambda_(parameters.number("lambda")),
        entropyWeight_(parameters.number("ce_weight")),
        sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override {
    checkBinLogits(kBinnedWasserstein, batch.prediction);
    bins_.check(kBinnedWasserstein, batch.prediction);
    checkBinNumbers(kBinnedWasserstein, batch);
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    const auto centres = bins_.positions(batch.prediction);
    return pooled(samples(batch.prediction, numbersOf(batch), centres), offByMask(batch), sum_,
                  perSample);
  }

  /// One logit a bin.
  std::vector<Readout> readouts(const TaskInfo&) const override {
    if (bins_.count() == 0)
      fail("{}.bins: a run needs the positions of the bins: its head has one output a bin",
           kBinnedWasserstein);
    Readout readout;
    readout.role = "bins";
    readout.outputs = bins_.count();
    return {readout};
  }
  /// What the distance is least from: the median of the bins for p = 1, their mean for p = 2.
  at::Tensor decode(const Batch& batch) const override {
    const auto centres = bins_.positions(batch.prediction);
    const auto shares = batch.prediction.softmax(1);
    if (p_ == 2) return shares.mv(centres);
    return centres.take((shares.cumsum(1) < 0.5).sum(1).clamp_max(centres.size(0) - 1));
  }

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& numbers,
                     const at::Tensor& centres) const {
    // Of two equally near bins argmin takes the first, which is the lower.
    const auto nearest = (centres.unsqueeze(0) - numbers.unsqueeze(1)).abs().argmin(1);
    const auto y = snap_ ? centres.take(nearest) : numbers;
    auto distance = (centres.unsqueeze(0) - y.unsqueeze(1)).abs();
    if (normalize_)
      distance = distance / (centres.narrow(0, centres.size(0) - 1, 1) - centres.narrow(0, 0, 1));
    const auto cost = (logits.softmax(1) * distance.pow(p_)).sum(1) * lambda_;
    if (entropyWeight_ == 0) return cost;
    return cost - ownLogit(logits.log_softmax(1), nearest) * entropyWeight_;
  }

  BinAxis bins_;
  double p_;
  bool normalize_, snap_;
  double lambda_, entropyWeight_;
  bool sum_;
};

}  // namespace

CatalogRow<Loss> binnedWassersteinRow() {
  Descriptor descriptor;
  descriptor.id = kBinnedWasserstein;
  descriptor.title = "Wasserstein distance of a binned forecast";
  descriptor.summary = "Expected distance of a forecast over bins from the number that came.";
  descriptor.formula = "L = λ Σ_i p_i |c_i − y|^p + c CE(nearest bin)";
  descriptor.citation =
      "Chernov, Fine-Tuning a Time Series Foundation Model with Wasserstein Loss, 2024, "
      "arXiv:2409.15367";
  descriptor.parameters = elementParameters(
      {BinAxis::spec(), ParameterSpec::integer("p", 1, "Exponent of the distance").from(1).to(2),
       ParameterSpec::boolean("normalize", false, "Divide by the p-th power of the bins' range"),
       ParameterSpec::boolean("snap", false, "Move the number to the nearest bin"),
       ParameterSpec::number("lambda", 1, "Factor on the distance").from(0),
       ParameterSpec::number("ce_weight", 0, "Factor on CE against the nearest bin").from(0)});
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = {{"prediction", "[N, K]", "logits of the bins"},
                       {"target", "[N]", "numbers, in the unit of the bins"},
                       {"mask", "[N]", "0 = does not count", false}};
  descriptor.traits = {{"prediction", "bins"}};
  return rowOf<BinnedWasserstein>(std::move(descriptor));
}

}  // namespace eq::loss
