#include "core/loss/regression/sentence_regression.h"

#include <ATen/TensorOperators.h>

#include "core/loss/regression_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

/// What both have in common: the error beyond the dead zone.
class Beyond : public ElementLoss {
 protected:
  Beyond(const std::string& id, const Parameters& parameters)
      : ElementLoss(id, parameters),
        k_(parameters.number("k")),
        x0_(parameters.number("x0")),
        zeroNegative_(parameters.boolean("zero_negative")) {}

  at::Tensor excess(const at::Tensor& prediction, const at::Tensor& target) const {
    const auto score = zeroNegative_ ? prediction.clamp_min(0) : prediction;
    return ((score - target).abs() - x0_).relu();
  }

  double k_;

 private:
  double x0_;
  bool zeroNegative_;
};

class TranslatedRelu : public Beyond {
 public:
  explicit TranslatedRelu(const Parameters& parameters) : Beyond("translated_relu", parameters) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    return excess(prediction, target) * k_;
  }
};

class SmoothK2 : public Beyond {
 public:
  explicit SmoothK2(const Parameters& parameters) : Beyond("smooth_k2", parameters) {}

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    return excess(prediction, target).square() * k_;
  }
};

Descriptor describe(const std::string& id, const std::string& title, const std::string& summary,
                    const std::string& formula, double k) {
  return regressionDescriptor(
      id, title, summary, formula,
      "Zhang and Li, Advancing Semantic Textual Similarity Modeling, EMNLP 2024, arXiv:2406.05326",
      {ParameterSpec::number("x0", 0.25, "Error that is forgiven").from(0),
       ParameterSpec::number("k", k, "Factor on the rest").above(0),
       ParameterSpec::boolean("zero_negative", false, "Take predictions below 0 as 0")});
}

}  // namespace

CatalogRow<Loss> translatedReluRow() {
  return rowOf<TranslatedRelu>(describe("translated_relu", "Translated ReLU loss",
                                        "Absolute error beyond a dead zone.",
                                        "L = k max(|ŷ − y| − x₀, 0)", 1));
}

CatalogRow<Loss> smoothK2Row() {
  return rowOf<SmoothK2>(describe("smooth_k2", "Smooth K2 loss",
                                  "Squared error beyond a dead zone.",
                                  "L = k max(|ŷ − y| − x₀, 0)²", 2));
}

}  // namespace eq::loss
