#include "core/loss/classes/multi_margin.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/multilabel_margin_loss.h>

#include "core/loss/checks.h"
#include "core/loss/classes/label_rows.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class MultiMargin : public ClassLoss {
 public:
  explicit MultiMargin(const Parameters& parameters)
      : ClassLoss("multi_margin", parameters),
        margin_(parameters.number("margin")),
        squared_(parameters.integer("p") == 2),
        weights_(parameters.numbers("class_weights")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto own = ownLogit(logits, target).unsqueeze(1);
    const auto missing = (logits - own + margin_).relu().scatter(1, target.unsqueeze(1), 0);
    const auto values = (squared_ ? missing.square() : missing).mean(1);
    return weights_.empty() ? values
                            : values * listTensor(weights_, logits).index_select(0, target);
  }

  void checkFurther(const Batch& batch) const override {
    checkLength(id(), "class_weights", weights_.size(), batch.prediction.size(1));
  }

  double margin_;
  bool squared_;
  std::vector<double> weights_;
};

class CrammerSinger : public ClassLoss {
 public:
  explicit CrammerSinger(const Parameters& parameters)
      : ClassLoss("crammer_singer", parameters), margin_(parameters.number("margin")) {}

 private:
  at::Tensor samples(const at::Tensor& logits, const at::Tensor& target) const override {
    const auto other = ownLogit(logits, strongestOther(logits, target));
    return (other - ownLogit(logits, target) + margin_).relu();
  }

  double margin_;
};

class MultilabelMargin : public Loss {
 public:
  explicit MultilabelMargin(const Parameters& parameters)
      : sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override { checkLabelRows("multilabel_margin", batch); }

  Value evaluate(const Batch& batch, bool perSample) const override {
    // The library's loss reads the indices of the labels that apply, up to a -1.
    const auto [applies, labels] = (batch.target != 0).to(at::kLong).sort(true, 1, true);
    const auto values = at::multilabel_margin_loss(
        batch.prediction, labels.masked_fill(applies == 0, -1), at::Reduction::None);
    return pooled(values, {}, sum_, perSample);
  }

 private:
  bool sum_;
};

Descriptor classDescriptor(const char* id, const char* title, const char* summary,
                           const char* formula, std::vector<ParameterSpec> further) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  std::vector<ParameterSpec> own{
      ParameterSpec::number("margin", 1, "By how much the class's logit shall lead").above(0)};
  own.insert(own.end(), further.begin(), further.end());
  descriptor.parameters = classParameters(std::move(own));
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.inputs = classInputs();
  descriptor.traits = {{"slices", {"raw"}}};
  return descriptor;
}

}  // namespace

CatalogRow<Loss> multiMarginRow() {
  auto descriptor =
      classDescriptor("multi_margin", "Multi-class margin loss",
                      "What the class's logit lacks to a lead over each of the others.",
                      "L = (w_y / C) Σ_{k≠y} [m − z_y + z_k]+^p",
                      {ParameterSpec::integer("p", 1, "1, or 2 for squares").from(1).to(2),
                       ParameterSpec::numberList("class_weights", nlohmann::json::array(),
                                                 "A factor a class; empty: all 1")
                           .from(0)});
  descriptor.citation =
      "Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition, ESANN 1999";
  return rowOf<MultiMargin>(descriptor);
}

CatalogRow<Loss> crammerSingerRow() {
  auto descriptor = classDescriptor("crammer_singer", "Crammer–Singer loss",
                                    "What the class's logit lacks to a lead over the next best.",
                                    "L = [m + max_{k≠y} z_k − z_y]+", {});
  descriptor.citation =
      "Crammer and Singer, On the Algorithmic Implementation of Multiclass Kernel-based Vector "
      "Machines, JMLR 2001";
  return rowOf<CrammerSinger>(descriptor);
}

CatalogRow<Loss> multilabelMarginRow() {
  Descriptor descriptor;
  descriptor.id = "multilabel_margin";
  descriptor.title = "Multi-label margin loss";
  descriptor.summary = "What each label that applies lacks to a lead of 1 over each that does not.";
  descriptor.formula = "L = (1/C) Σ_{j: y_j=1, k: y_k=0} [1 − z_j + z_k]+";
  descriptor.citation = "Textbook definition";
  descriptor.parameters = labelRowParameters({});
  descriptor.taskKinds = {TaskKind::multilabel};
  descriptor.inputs = labelRowInputs();
  return rowOf<MultilabelMargin>(descriptor);
}

}  // namespace eq::loss
