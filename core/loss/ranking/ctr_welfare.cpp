#include "core/loss/ranking/ctr_welfare.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>

#include "core/loss/checks.h"
#include "core/loss/ranking/ranking_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class CtrWelfare : public RankingLoss {
 public:
  explicit CtrWelfare(const Parameters& parameters)
      : RankingLoss("ctr_welfare"), hinge_(parameters.text("surrogate") == "hinge") {}

 private:
  at::Tensor value(const Batch& batch, const at::Tensor& rate,
                   const Queries& auctions) const override {
    const auto bid = batch.field("bid").to(rate.scalar_type());
    const auto lost = differences(bid * rate);
    const auto gap = differences(bid * batch.prediction);
    const auto surrogate = hinge_ ? (1 - gap).relu() : -at::log_sigmoid(gap);
    return meanOverPairs(lost * surrogate, (lost > 0) & auctions.same, auctions);
  }

  void checkFurther(const Batch& batch) const override {
    checkShape(id(), "bid", batch.field("bid"), batch.prediction.sizes(), "prediction");
    checkNumbers(id(), "bid", batch.field("bid"));
  }

  bool hinge_;
};

}  // namespace

CatalogRow<Loss> ctrWelfareRow() {
  auto descriptor = rankingDescriptor(
      "ctr_welfare", "Welfare-weighted rank loss",
      "Ranks the ads of an auction, each pair weighted by the welfare that a wrong order loses.",
      "L = mean |Δv| ℓ(sign(Δv) Δu), v = bid · p, u = bid · f",
      "Lyu et al., Pairwise Ranking Losses of Click-Through Rates Prediction for Welfare "
      "Maximization in Ad Auctions, ICML 2023, arXiv:2306.01799",
      {ParameterSpec::choice("surrogate", "logistic", {"logistic", "hinge"},
                             "ℓ: log(1 + e^−x), or max(1 − x, 0)")});
  descriptor.inputs = {{"prediction", "[N]", "predicted rates f"},
                       {"target", "[N]", "labels, or a teacher's rates, p"},
                       {"bid", "[N]", "bid of each ad"},
                       {"group", "int [N]", "auction of each ad; without it one auction", false}};
  descriptor.traits["slices"] = {"gap"};
  return rowOf<CtrWelfare>(descriptor);
}

}  // namespace eq::loss
