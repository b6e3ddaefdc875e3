#include "core/loss/classes/ldam.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "core/loss/checks.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

std::vector<double> margins(const std::vector<double>& counts, double largest) {
  std::vector<double> all;
  for (const double count : counts)
    all.push_back(largest *
                  std::pow(*std::min_element(counts.begin(), counts.end()) / count, 0.25));
  return all;
}

class Ldam : public ClassLoss {
 public:
  explicit Ldam(const Parameters& parameters)
      : ClassLoss("ldam", parameters),
        counts_(parameters.numbers("counts")),
        margins_(margins(counts_, parameters.number("max_margin"))),
        weights_(parameters.numbers("class_weights")),
        scale_(parameters.number("scale")) {}

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    return {cosineReadout(task)};
  }
  at::Tensor decode(const Batch& batch) const override { return batch.prediction * scale_; }

 private:
  at::Tensor samples(const at::Tensor& cosines, const at::Tensor& target) const override {
    const auto own = ownLogit(cosines, target) - ofClass(margins_, cosines, target);
    const auto logits = cosines.scatter(1, target.unsqueeze(1), own.unsqueeze(1)) * scale_;
    const auto values = at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
    return weights_.empty() ? values : values * ofClass(weights_, cosines, target);
  }

  at::Tensor denominators(const at::Tensor& cosines, const at::Tensor& target) const override {
    return weights_.empty() ? at::Tensor() : ofClass(weights_, cosines, target);
  }

  static at::Tensor ofClass(const std::vector<double>& values, const at::Tensor& like,
                            const at::Tensor& target) {
    return listTensor(values, like).index_select(0, target);
  }

  void checkFurther(const Batch& batch) const override {
    checkCounts(id(), counts_, batch.prediction.size(1));
    checkLength(id(), "class_weights", weights_.size(), batch.prediction.size(1));
  }

  std::vector<double> counts_, margins_, weights_;
  double scale_;
};

}  // namespace

CatalogRow<Loss> ldamRow() {
  Descriptor descriptor;
  descriptor.id = "ldam";
  descriptor.title = "LDAM";
  descriptor.summary = "Cosines with a margin on the true class that is larger for rarer classes.";
  descriptor.formula = "L = w_y CE(s (x − Δ_y e_y), y),  Δ_c ∝ n_c^(−1/4)";
  descriptor.citation =
      "Cao et al., Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss, NeurIPS "
      "2019, arXiv:1906.07413";
  descriptor.parameters = classParameters(
      {ParameterSpec::numberList("counts", nullptr, "Training samples of each class")
           .above(0)
           .needed(),
       ParameterSpec::number("max_margin", 0.5, "Margin of the rarest class").above(0),
       ParameterSpec::number("scale", 30, "s: factor on the cosines").above(0),
       ParameterSpec::numberList("class_weights", nlohmann::json::array(),
                                 "A factor a class; the mean divides by their sum; empty: all 1")
           .from(0)});
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = classInputs();
  descriptor.inputs[0].doc = "cosines of the embedding with each class";
  descriptor.traits = {{"prediction", "cosines"}, {"slices", {"similarity"}}};
  return rowOf<Ldam>(descriptor);
}

}  // namespace eq::loss
