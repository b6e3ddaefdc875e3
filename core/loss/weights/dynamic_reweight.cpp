#include "core/loss/weights/dynamic_reweight.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include "core/loss/row.h"
#include "core/loss/weights/wrapper.h"

namespace eq::loss {
namespace {

constexpr double kSmallestRange = 1e-6;  // below it the scaled losses are rounding noise

class DynamicReweight : public Wrapper {
 public:
  explicit DynamicReweight(const Parameters& parameters)
      : Wrapper("dynamic_reweight", parameters),
        strategy_(parameters.text("strategy")),
        temperature_(parameters.number("temperature")),
        delta_(parameters.number("delta")),
        burnIn_(parameters.integer("burn_in")) {}

 private:
  at::Tensor weights(const Batch& batch, const Samples& samples) const override {
    const auto uniform = at::ones_like(samples.losses) / samples.count;
    if (batch.step >= 0 && batch.step < burnIn_) return uniform;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto off = samples.valid.logical_not();
    const auto largest = samples.losses.masked_fill(off, -kInfinity).max();
    const auto smallest = samples.losses.masked_fill(off, kInfinity).min();
    const auto range = (largest - smallest).clamp_min(kSmallestRange);
    const auto h = (samples.losses * 2 - (largest + smallest)) * delta_ / range;
    const auto scores = (preference(h) / temperature_).masked_fill(off, -kInfinity);
    const auto w = scores.flatten().softmax(0).view_as(scores);
    return at::where(largest - smallest < kSmallestRange, uniform, w);
  }

  at::Tensor divisor(const Batch&, const Samples& samples, const at::Tensor&) const override {
    return at::ones_like(samples.count);
  }

  at::Tensor preference(const at::Tensor& h) const {
    if (strategy_ == "linear_upper") return (h + delta_).clamp_max(delta_);
    if (strategy_ == "quadratic") return 1 - (h / delta_).square();
    if (strategy_ == "extremes") return h.abs();
    return (h + delta_) / 2;
  }

  std::string strategy_;
  double temperature_, delta_;
  std::int64_t burnIn_;
};

}  // namespace

CatalogRow<Loss> dynamicReweightRow() {
  auto descriptor = wrapperDescriptor("dynamic_reweight");
  descriptor.title = "Dynamic reweighting";
  descriptor.summary = "Weights the samples of each batch by how large their losses are.";
  descriptor.formula = "Σ w ℓ, w = softmax(f(h)/r), h = δ (2ℓ − max − min)/(max − min)";
  descriptor.citation = "Sow et al., Dynamic Loss-Based Sample Reweighting, ICLR 2025";
  descriptor.parameters = wrapperParameters(
      {ParameterSpec::choice("strategy", "linear_upper",
                             {"linear_upper", "quadratic", "extremes", "upper"},
                             "f: min(h + δ, δ), 1 − h²/δ², |h|, (h + δ)/2"),
       ParameterSpec::number("temperature", 1, "r: larger is more uniform").above(0),
       ParameterSpec::number("delta", 1, "δ: the scaled losses lie in [−δ, δ]").above(0),
       ParameterSpec::integer("burn_in", 1000, "Steps of a run with uniform weights before")
           .from(0)});
  return rowOf<DynamicReweight>(descriptor);
}

}  // namespace eq::loss
