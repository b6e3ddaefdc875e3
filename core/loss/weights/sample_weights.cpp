#include "core/loss/weights/sample_weights.h"

#include <limits>
#include <optional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/row.h"
#include "core/loss/weights/wrapper.h"

namespace eq::loss {
namespace {

const ParameterSpec kNotNegative = ParameterSpec::number("", 0, "").from(0);
const ParameterSpec kPositive = ParameterSpec::number("", 0, "").above(0);
const ParameterSpec kOpenShare = ParameterSpec::number("", 0, "").above(0).below(1);
const ParameterSpec kShare = ParameterSpec::number("", 0, "").from(0).to(1);
const ParameterSpec kShareAboveZero = ParameterSpec::number("", 0, "").above(0).to(1);

/// Weights with the clip that all these losses have.
class SampleWeights : public Wrapper {
 protected:
  SampleWeights(std::string id, const Parameters& parameters)
      : Wrapper(std::move(id), parameters),
        smallest_(limit(parameters, "w_min")),
        largest_(limit(parameters, "w_max")) {
    if (smallest_ && largest_ && *smallest_ > *largest_)
      fail("{}.w_min: must not be above w_max {}, found {}", this->id(), *largest_, *smallest_);
  }

  virtual at::Tensor raw(const Batch& batch, const Samples& samples) const = 0;

  static at::Tensor typed(const at::Tensor& field, const Samples& samples) {
    return field.to(samples.losses.scalar_type()).masked_fill(samples.valid.logical_not(), 1);
  }
  /// Scaled to a mean of 1 over the valid samples; all zero stays.
  static at::Tensor toMeanOne(const at::Tensor& weights, const Samples& samples) {
    const auto sum = weights.masked_fill(samples.valid.logical_not(), 0).sum();
    return weights * samples.count / at::where(sum > 0, sum, at::ones_like(sum));
  }

 private:
  static std::optional<double> limit(const Parameters& parameters, const char* name) {
    if (parameters.isNull(name)) return std::nullopt;
    return parameters.number(name);
  }

  at::Tensor weights(const Batch& batch, const Samples& samples) const override {
    auto w = raw(batch, samples);
    if (!smallest_ && !largest_) return w;
    if (smallest_) w = w.clamp_min(*smallest_);
    if (largest_) w = w.clamp_max(*largest_);
    return toMeanOne(w, samples);
  }

  std::optional<double> smallest_, largest_;
};

std::vector<ParameterSpec> weightParameters(std::vector<ParameterSpec> own) {
  own.push_back(ParameterSpec::number("w_min", 0, "Weights are raised to it, then scaled to mean 1")
                    .from(0)
                    .orNull());
  own.push_back(ParameterSpec::number("w_max", 0, "Weights are cut at it, then scaled to mean 1")
                    .above(0)
                    .orNull());
  for (auto& spec : own)
    if (spec.nullable) spec.defaultValue = nullptr;
  return wrapperParameters(std::move(own));
}

class ImportanceWeighted : public SampleWeights {
 public:
  explicit ImportanceWeighted(const Parameters& parameters)
      : SampleWeights("importance_weighted", parameters),
        ratio_(parameters.number("train_test_ratio")),
        relative_(parameters.number("relative")),
        flatten_(parameters.number("flatten")),
        selfNormalized_(parameters.boolean("self_normalized")) {}

 private:
  void checkFields(const Batch& batch, const at::Tensor& valid) const override {
    if (batch.field("weight").defined())
      checkField(batch, "weight", valid, kNotNegative);
    else if (batch.field("domain_score").defined())
      checkField(batch, "domain_score", valid, kOpenShare);
    else
      fail("{}.weight: it or domain_score is required, and both are missing", id());
  }

  at::Tensor raw(const Batch& batch, const Samples& samples) const override {
    auto w = batch.field("weight");
    if (w.defined()) {
      w = typed(w, samples);
    } else {
      const auto score = batch.field("domain_score")
                             .to(samples.losses.scalar_type())
                             .masked_fill(samples.valid.logical_not(), 0.5);
      w = score / (1 - score) * ratio_;
    }
    if (relative_ > 0) w = w / (w * relative_ + (1 - relative_));
    return flatten_ == 1 ? w : w.pow(flatten_);
  }

  at::Tensor divisor(const Batch& batch, const Samples& samples,
                     const at::Tensor& weights) const override {
    if (!selfNormalized_) return SampleWeights::divisor(batch, samples, weights);
    const auto sum = weights.sum();
    return at::where(sum > 0, sum, at::ones_like(sum));
  }

  double ratio_, relative_, flatten_;
  bool selfNormalized_;
};

class PropensityWeighted : public SampleWeights {
 public:
  explicit PropensityWeighted(const Parameters& parameters)
      : SampleWeights("propensity_weighted", parameters),
        share_(parameters.number("share")),
        treatment_(parameters.text("arm") == "treatment") {}

 private:
  void checkFields(const Batch& batch, const at::Tensor& valid) const override {
    checkField(batch, "propensity", valid, kShare);
  }
  at::Tensor raw(const Batch& batch, const Samples& samples) const override {
    const auto g = typed(batch.field("propensity"), samples);
    return treatment_ ? g / share_ : (1 - g) / (1 - share_);
  }

  double share_;
  bool treatment_;
};

/// The weights as they are given.
class GivenWeights : public SampleWeights {
 public:
  GivenWeights(std::string id, const Parameters& parameters, const ParameterSpec& range)
      : SampleWeights(std::move(id), parameters), range_(range) {}

 private:
  void checkFields(const Batch& batch, const at::Tensor& valid) const override {
    checkField(batch, "weight", valid, range_);
  }
  at::Tensor raw(const Batch& batch, const Samples& samples) const override {
    return typed(batch.field("weight"), samples);
  }

  ParameterSpec range_;
};

class InverseVariance : public SampleWeights {
 public:
  explicit InverseVariance(const Parameters& parameters)
      : SampleWeights("inverse_variance", parameters),
        percentile_(parameters.number("clip_percentile")) {}

 private:
  static constexpr double kFloor = 1e-3;  // of the median variance

  void checkFields(const Batch& batch, const at::Tensor& valid) const override {
    checkField(batch, "variance", valid, kPositive);
  }

  at::Tensor raw(const Batch& batch, const Samples& samples) const override {
    const auto variance = typed(batch.field("variance"), samples);
    const auto w = 1 / at::maximum(variance, quantile(variance, samples, 0.5) * kFloor);
    return toMeanOne(at::minimum(w, quantile(w, samples, percentile_ / 100)), samples);
  }

  /// Of the valid entries, with linear interpolation between two.
  static at::Tensor quantile(const at::Tensor& values, const Samples& samples, double share) {
    const auto sorted = std::get<0>(
        values.masked_fill(samples.valid.logical_not(), std::numeric_limits<double>::infinity())
            .flatten()
            .sort());
    const auto place = (samples.count.to(at::kDouble) - 1) * share;
    const auto below = place.floor();
    const auto at = [&](const at::Tensor& index) {
      return sorted.index_select(0, index.to(at::kLong).reshape({1})).squeeze(0);
    };
    const auto low = at(below), high = at(place.ceil());
    return low + (high - low) * (place - below).to(values.scalar_type());
  }

  double percentile_;
};

CatalogRow<Loss> givenWeightsRow(Descriptor descriptor, const ParameterSpec& range) {
  descriptor.parameters = weightParameters({});
  return {descriptor, [id = descriptor.id, range](const Parameters& parameters) {
            return std::make_unique<GivenWeights>(id, parameters, range);
          }};
}

}  // namespace

CatalogRow<Loss> importanceWeightedRow() {
  auto descriptor = wrapperDescriptor("importance_weighted");
  descriptor.title = "Importance weighting";
  descriptor.summary = "Weights samples by how much more likely they are in the test data.";
  descriptor.formula = "Σ wℓ / Σ w, w = p_te/p_tr = (c/(1−c)) n_tr/n_te";
  descriptor.citation = "Shimodaira, 2000; Yamada et al., Relative Density-Ratio Estimation, 2013";
  descriptor.parameters = weightParameters(
      {ParameterSpec::number("train_test_ratio", 1, "n_tr/n_te of the domain classifier's data")
           .above(0),
       ParameterSpec::number("relative", 0, "α': w becomes 1/(α' + (1 − α')/w)").from(0).below(1),
       ParameterSpec::number("flatten", 1, "α: w becomes w^α").from(0).to(1),
       ParameterSpec::boolean("self_normalized", true, "Divide by Σw instead of n")});
  descriptor.inputs = {{"weight", "[N]", "w >= 0; or domain_score", false},
                       {"domain_score", "[N]", "c in (0, 1): probability of the test data", false}};
  descriptor.traits["needs_one_of"] = {"weight", "domain_score"};
  return rowOf<ImportanceWeighted>(descriptor);
}

CatalogRow<Loss> propensityWeightedRow() {
  auto descriptor = wrapperDescriptor("propensity_weighted");
  descriptor.title = "Propensity weighting";
  descriptor.summary = "Trains one arm of an A/B test on the logs of both.";
  descriptor.formula = "Σ wℓ / n, w = G/π or (1 − G)/(1 − π)";
  descriptor.citation = "Si, Tackling Interference in A/B Tests, 2023, arXiv:2310.17496";
  descriptor.parameters = weightParameters(
      {ParameterSpec::number("share", 0.5, "π: share of the treatment").above(0).below(1),
       ParameterSpec::choice("arm", "treatment", {"treatment", "control"}, "Whose model it is")});
  descriptor.inputs = {{"propensity", "[N]", "G: probability of the treatment, 0 to 1"}};
  return rowOf<PropensityWeighted>(descriptor);
}

CatalogRow<Loss> doubleWeightedRow() {
  auto descriptor = wrapperDescriptor("double_weighted");
  descriptor.title = "Double weighting, training side";
  descriptor.summary = "Weights β of the training samples for general covariate shift.";
  descriptor.formula = "Σ βℓ / n";
  descriptor.citation = "Segovia-Martín et al., Double-Weighting for Covariate Shift, ICML 2023";
  descriptor.inputs = {{"weight", "[N]", "β >= 0, from kernel mean matching"}};
  return givenWeightsRow(descriptor, kNotNegative);
}

CatalogRow<Loss> inverseVarianceRow() {
  auto descriptor = wrapperDescriptor("inverse_variance");
  descriptor.title = "Inverse-variance weighting";
  descriptor.summary = "Weights samples by how certain their targets are.";
  descriptor.formula = "Σ wℓ / n, w ∝ 1/σ², mean 1";
  descriptor.citation = "Fisher, Inverse-Variance Weighting for R-Learners, 2023";
  descriptor.parameters = weightParameters(
      {ParameterSpec::number("clip_percentile", 100, "Weights are cut at this percentile of theirs")
           .above(0)
           .to(100)});
  descriptor.inputs = {{"variance", "[N]", "σ² > 0, floored at 1/1000 of its median"}};
  return rowOf<InverseVariance>(descriptor);
}

CatalogRow<Loss> instructionWeightedRow() {
  auto descriptor = wrapperDescriptor("instruction_weighted");
  descriptor.title = "Instruction weighting";
  descriptor.summary = "Weights samples by the quality of their source.";
  descriptor.formula = "Σ wℓ / n, 0 < w <= 1";
  descriptor.citation = "Ociepa et al., Bielik 7B, 2024, arXiv:2410.18565";
  descriptor.inputs = {{"weight", "[N]", "quality, > 0 to 1"}};
  return givenWeightsRow(descriptor, kShareAboveZero);
}

}  // namespace eq::loss
