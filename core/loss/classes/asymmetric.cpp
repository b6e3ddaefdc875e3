#include "core/loss/classes/asymmetric.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/where.h>

#include "core/loss/checks.h"
#include "core/loss/classes/label_rows.h"
#include "core/loss/element_loss.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Asymmetric : public Loss {
 public:
  explicit Asymmetric(const Parameters& parameters)
      : negative_(parameters.number("gamma_neg")),
        positive_(parameters.number("gamma_pos")),
        clip_(parameters.number("clip")),
        detach_(parameters.boolean("detach_focus")),
        sum_(parameters.text("reduction") == "sum") {}

  void check(const Batch& batch) const override { checkLabelRows("asymmetric", batch); }

  Value evaluate(const Batch& batch, bool perSample) const override {
    const auto& x = batch.prediction;
    const auto values = at::where(batch.target != 0, ofApplying(x), ofOthers(x));
    const auto mask = batch.field("mask");
    if (!mask.defined()) return pooled(values.sum(1), {}, sum_, perSample);
    const auto off = mask == 0;
    return pooled(values.masked_fill(off, 0).sum(1), off.all(1), sum_, perSample);
  }

 private:
  at::Tensor ofApplying(const at::Tensor& x) const {
    return -at::log_sigmoid(x) * focus(at::log_sigmoid(-x), positive_);
  }

  at::Tensor ofOthers(const at::Tensor& x) const {
    if (clip_ == 0) return -at::log_sigmoid(-x) * focus(at::log_sigmoid(x), negative_);
    const auto p = x.sigmoid();
    const auto dead = p <= clip_;
    const auto shifted = (p - clip_).masked_fill(dead, 1);
    const auto logRest =
        at::logaddexp(at::log_sigmoid(-x), at::scalar_tensor(std::log(clip_), x.options()));
    return (-logRest * focus(shifted.log(), negative_)).masked_fill(dead, 0);
  }

  at::Tensor focus(const at::Tensor& logWrong, double gamma) const {
    const auto factor = (logWrong * gamma).exp();
    return detach_ ? factor.detach() : factor;
  }

  double negative_, positive_, clip_;
  bool detach_, sum_;
};

}  // namespace

CatalogRow<Loss> asymmetricRow() {
  Descriptor descriptor;
  descriptor.id = "asymmetric";
  descriptor.title = "Asymmetric loss";
  descriptor.summary =
      "For many labels of which few apply: those that do not fade out faster, and easy ones drop "
      "out.";
  descriptor.formula =
      "L = Σ −(1−p)^γ₊ log p  (y = 1),  −p_m^γ₋ log(1−p_m), p_m = [p − c]+  (y = 0)";
  descriptor.citation =
      "Ridnik et al., Asymmetric Loss for Multi-Label Classification, ICCV 2021, arXiv:2009.14119";
  descriptor.parameters = labelRowParameters(
      {ParameterSpec::number("gamma_neg", 4, "Focusing strength of labels that do not apply")
           .from(0)
           .to(10),
       ParameterSpec::number("gamma_pos", 1, "Focusing strength of labels that apply")
           .from(0)
           .to(10),
       ParameterSpec::number("clip", 0.05,
                             "Probability up to which labels that do not apply count nothing")
           .from(0)
           .below(1),
       ParameterSpec::boolean("detach_focus", true, "No gradient through the focusing factors")});
  descriptor.taskKinds = {TaskKind::multilabel};
  descriptor.inputs = labelRowInputs();
  descriptor.inputs.push_back({"mask", "as prediction", "0 = does not count", false});
  descriptor.traits = {{"slices", {"logit"}}};
  return rowOf<Asymmetric>(descriptor);
}

}  // namespace eq::loss
