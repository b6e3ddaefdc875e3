#include "core/loss/regression/quantile.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/maximum.h>

#include "core/base/error.h"
#include "core/loss/class_loss.h"
#include "core/loss/regression_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Quantile : public ElementLoss {
 public:
  explicit Quantile(const Parameters& parameters)
      : ElementLoss("quantile", parameters),
        levels_(parameters.numbers("tau")),
        list_(parameters.at("tau").is_array()) {
    if (levels_.empty()) fail("quantile.tau: needs at least one level, found []");
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    auto readout = usualReadout(task);
    if (list_) readout.role = "quantiles";
    readout.channels = channels();
    return {readout};
  }
  /// The quantile nearest to the median.
  at::Tensor decode(const Batch& batch) const override {
    if (!list_) return batch.prediction;
    const auto nearest = std::min_element(
        levels_.begin(), levels_.end(),
        [](double one, double other) { return std::abs(one - 0.5) < std::abs(other - 0.5); });
    return batch.prediction.select(-1, nearest - levels_.begin());
  }

 private:
  std::int64_t channels() const override {
    return list_ ? static_cast<std::int64_t>(levels_.size()) : 0;
  }

  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    const auto levels = listTensor(levels_, prediction);
    const auto under = (list_ ? target.unsqueeze(-1) : target) - prediction;
    const auto values = at::maximum(under * levels, under * (levels - 1));
    return list_ ? values.mean(-1) : values;
  }

  std::vector<double> levels_;
  bool list_;
};

}  // namespace

CatalogRow<Loss> quantileRow() {
  auto descriptor = regressionDescriptor(
      "quantile", "Quantile loss",
      "Absolute error with different factors for too low and too high; its minimiser is the "
      "conditional quantile τ.",
      "L = max(τ(y − ŷ), (τ − 1)(y − ŷ))", "Koenker and Bassett, Regression Quantiles, 1978",
      {ParameterSpec::numberOrList("tau", 0.5,
                                   "Quantile τ; or a list of Q, for Q numbers a prediction")
           .above(0)
           .below(1)});
  descriptor.inputs[0].shape = "[N] or [N, D]; with a list of Q quantiles a last axis of Q more";
  descriptor.inputs[1].shape = descriptor.inputs[2].shape = "[N] or [N, D]";
  return rowOf<Quantile>(descriptor);
}

}  // namespace eq::loss
