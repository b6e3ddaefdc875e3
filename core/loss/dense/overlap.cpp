#include "core/loss/dense/overlap.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/class_loss.h"
#include "core/loss/first_found.h"
#include "core/loss/map_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr double kSmallestDivisor = 1e-12;

/// What the sums run over, [N, C, pixels]: both are 0 where a pixel does not count.
struct Maps {
  at::Tensor probability, truth;
};

class Overlap : public Loss {
 public:
  void check(const Batch& batch) const override {
    checkMaps(id_, batch.prediction);
    checkClasses(batch.prediction.size(1));
    checkMask(id_, batch.field("mask"), pixelShape(batch.prediction), "the pixels");
    if (activation_ == "softmax")
      checkClassMap(id_, batch, ignored_);
    else
      checkBinaryMaps(batch);
  }

  Value evaluate(const Batch& batch, bool) const override {
    const auto valid = validPixels(batch);
    const auto maps = used(mapsOf(batch, valid));
    auto values = ofClasses(maps);
    if (!weights_.empty()) values = values * usedWeights(values);
    const auto samples = values.mean(1);
    if (!wholeBatch_) return overSamples(samples, valid.any(1), sum_);
    return {samples.squeeze(0) * valid.any(), {}, {}};
  }

 protected:
  Overlap(std::string id, const Parameters& parameters)
      : id_(std::move(id)),
        activation_(parameters.text("activation")),
        background_(parameters.boolean("include_background")),
        wholeBatch_(parameters.text("group") == "batch"),
        weights_(parameters.numbers("class_weights")),
        ignored_(parameters.integer("ignore_index")),
        sum_(parameters.text("reduction") == "sum") {
    if (sum_ && wholeBatch_)
      fail("{}.reduction: sum is that of the samples and needs group sample, found batch", id_);
  }

  /// Losses [N, C]; [1, C] of the whole batch.
  virtual at::Tensor ofClasses(const Maps& maps) const = 0;

  /// Over the pixels of a sample, [N, C], or of the batch, [1, C].
  at::Tensor sum(const at::Tensor& maps) const {
    return wholeBatch_ ? maps.sum({0, 2}).unsqueeze(0) : maps.sum(2);
  }

 private:
  void checkClasses(std::int64_t classes) const {
    if (!background_ && classes < 2)
      fail("{}.include_background: false leaves no class of the {} predicted", id_, classes);
    const auto length = static_cast<std::int64_t>(weights_.size());
    if (background_ || length != classes - 1)
      checkLength(id_, "class_weights", weights_.size(), classes);
  }

  void checkBinaryMaps(const Batch& batch) const {
    checkShape(id_, "target", batch.target, batch.prediction.sizes(), "prediction");
    const auto mask = batch.field("mask");
    const auto refuse = [&](const char* field, const at::Tensor& values, at::Tensor wrong,
                            const char* rule) {
      if (mask.defined()) wrong = wrong & (mask != 0).unsqueeze(1);
      if (wrong.any().item<bool>())
        fail("{}.{}: must be {}, found {}", id_, field, rule, firstFound(values, wrong));
    };
    refuse("target", batch.target, (batch.target != 0) & (batch.target != 1), "0 or 1");
    if (activation_ == "none")
      refuse("prediction", batch.prediction, (batch.prediction < 0) | (batch.prediction > 1),
             "a probability in 0 to 1 with activation none");
  }

  /// bool [N, pixels].
  at::Tensor validPixels(const Batch& batch) const {
    const auto mask = batch.field("mask");
    at::Tensor valid;
    if (activation_ == "softmax") valid = batch.target != ignored_;
    if (mask.defined()) valid = valid.defined() ? valid & (mask != 0) : mask != 0;
    if (!valid.defined()) valid = at::ones_like(batch.prediction.select(1, 0), at::kBool);
    return valid.flatten(1);
  }

  Maps mapsOf(const Batch& batch, const at::Tensor& valid) const {
    const auto type = batch.prediction.scalar_type();
    const auto off = valid.logical_not().unsqueeze(1);
    const auto scores = batch.prediction.flatten(2).masked_fill(off, 0);
    if (activation_ == "softmax") {
      const auto truth = oneHot(batch.target.flatten(1), scores.size(1));
      return {scores.softmax(1).masked_fill(off, 0), truth.masked_fill(off, 0).to(type)};
    }
    const auto truth = batch.target.flatten(2).to(type).masked_fill(off, 0);
    return {activation_ == "sigmoid" ? scores.sigmoid().masked_fill(off, 0) : scores, truth};
  }

  Maps used(const Maps& maps) const {
    if (background_) return maps;
    const auto others = maps.truth.size(1) - 1;
    return {maps.probability.narrow(1, 1, others), maps.truth.narrow(1, 1, others)};
  }

  /// Of the classes that count; a list may give the background a weight that is not used.
  at::Tensor usedWeights(const at::Tensor& values) const {
    const auto all = listTensor(weights_, values);
    return all.narrow(0, all.size(0) - values.size(1), values.size(1));
  }

  std::string id_, activation_;
  bool background_, wholeBatch_;
  std::vector<double> weights_;
  std::int64_t ignored_;
  bool sum_;
};

class Dice : public Overlap {
 public:
  explicit Dice(const Parameters& parameters)
      : Overlap("dice", parameters),
        squared_(parameters.boolean("squared")),
        jaccard_(parameters.boolean("jaccard")),
        smoothNumerator_(parameters.number("smooth_nr")),
        smoothDenominator_(parameters.number("smooth_dr")) {}

 private:
  at::Tensor ofClasses(const Maps& maps) const override {
    const auto& [p, g] = maps;
    const auto both = sum(p * g);
    const auto sizes = sum(squared_ ? p.square() : p) + sum(g);
    const auto shared = jaccard_ ? both : both * 2;
    const auto total = jaccard_ ? sizes - both : sizes;
    return 1 -
           (shared + smoothNumerator_) / (total + smoothDenominator_).clamp_min(kSmallestDivisor);
  }

  bool squared_, jaccard_;
  double smoothNumerator_, smoothDenominator_;
};

class Tversky : public Overlap {
 public:
  explicit Tversky(const Parameters& parameters)
      : Overlap("tversky", parameters),
        falsePositive_(parameters.number("fp_weight")),
        falseNegative_(parameters.number("fn_weight")),
        smooth_(parameters.number("smooth")),
        gamma_(parameters.number("gamma")) {}

 private:
  at::Tensor ofClasses(const Maps& maps) const override {
    const auto& [p, g] = maps;
    const auto both = sum(p * g);
    const auto wrong = sum(p * (1 - g)) * falsePositive_ + sum((1 - p) * g) * falseNegative_;
    const auto total = (both + wrong + smooth_).clamp_min(kSmallestDivisor);
    // As 1 - T it would cancel. Where nothing is there or predicted T has no slope to follow.
    const auto value =
        at::where(total > kSmallestDivisor, wrong / total, (1 - (both + smooth_) / total).detach());
    if (gamma_ == 1) return value;
    // A power below 1 has no slope at 0; there the gradient is 0.
    const auto positive = value > 0;
    return at::where(positive, value, at::ones_like(value)).pow(gamma_).masked_fill(~positive, 0);
  }

  double falsePositive_, falseNegative_, smooth_, gamma_;
};

template <typename Kind>
CatalogRow<Loss> row(Descriptor descriptor, std::vector<ParameterSpec> own) {
  own.insert(own.begin(), ParameterSpec::choice(
                              "activation", "softmax", {"softmax", "sigmoid", "none"},
                              "softmax: one class a pixel; sigmoid, none (probabilities): maps of "
                              "0 and 1"));
  own.push_back(ParameterSpec::boolean("include_background", true, "Count class 0"));
  own.push_back(ParameterSpec::choice("group", "sample", {"sample", "batch"},
                                      "Sums over the pixels of an image, or of the whole batch"));
  own.push_back(ParameterSpec::numberList("class_weights", nlohmann::json::array(),
                                          "A factor on each class's loss; empty: 1")
                    .from(0));
  descriptor.parameters = classParameters(std::move(own));
  descriptor.inputs = {{"prediction", "[N, C, pixels] or [N, C, H, W]",
                        "logits; probabilities with activation none"},
                       {"target", "int [N, pixels] or [N, H, W]; else as prediction",
                        "classes 0..C-1, or ignore_index; with sigmoid and none 0 or 1"},
                       {"mask", "[N, pixels] or [N, H, W]", "0 = does not count", false}};
  descriptor.taskKinds = {TaskKind::segmentation};
  descriptor.traits = {
      {"slices", {"overlap"}}, {"prediction", "maps"}, {"coupled_when", {{"group", "batch"}}}};
  return rowOf<Kind>(std::move(descriptor));
}

}  // namespace

CatalogRow<Loss> diceRow() {
  Descriptor descriptor;
  descriptor.id = "dice";
  descriptor.title = "Soft Dice loss";
  descriptor.summary =
      "One minus the overlap of predicted and true region; small objects weigh as much as large "
      "ones.";
  descriptor.formula = "L = 1 − (2Σpg + s_n) / (Σp + Σg + s_d)";
  descriptor.citation = "Milletari et al., V-Net, 3DV 2016, arXiv:1606.04797";
  return row<Dice>(
      descriptor,
      {ParameterSpec::boolean("squared", false, "Σp² and Σg² in the denominator"),
       ParameterSpec::boolean("jaccard", false, "1 − (Σpg + s_n) / (Σp + Σg − Σpg + s_d)"),
       ParameterSpec::number("smooth_nr", 1e-5, "s_n of the numerator").from(0),
       ParameterSpec::number("smooth_dr", 1e-5, "s_d of the denominator").from(0)});
}

CatalogRow<Loss> tverskyRow() {
  Descriptor descriptor;
  descriptor.id = "tversky";
  descriptor.title = "Tversky loss";
  descriptor.summary = "Overlap loss with weights of their own for false positives and negatives.";
  descriptor.formula = "L = (1 − T)^γ, T = (TP + s) / (TP + α FP + β FN + s)";
  descriptor.citation =
      "Salehi et al., 2017, arXiv:1706.05721; γ: Abraham and Khan, ISBI 2019, arXiv:1810.07842";
  return row<Tversky>(
      descriptor, {ParameterSpec::number("fp_weight", 0.5, "Weight α of false positives").from(0),
                   ParameterSpec::number("fn_weight", 0.5, "Weight β of false negatives").from(0),
                   ParameterSpec::number("smooth", 1e-5, "s of numerator and denominator").from(0),
                   ParameterSpec::number("gamma", 1, "Exponent γ; 0.75: focal Tversky").above(0)});
}

}  // namespace eq::loss
