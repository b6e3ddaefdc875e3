#include "core/loss/ranking/listwise.h"

#include <ATen/TensorOperators.h>

#include "core/loss/ranking/ranking_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

/// \param items their terms, [N], of which a list has the sum.
at::Tensor meanOverQueries(const at::Tensor& items, const Queries& queries) {
  return items.sum() / queries.first.sum().clamp_min(1);
}

class ListNet : public RankingLoss {
 public:
  explicit ListNet(const Parameters& parameters)
      : RankingLoss("listnet"), temperature_(parameters.number("target_temperature")) {}

 private:
  at::Tensor value(const Batch& batch, const at::Tensor& relevance,
                   const Queries& queries) const override {
    const auto logShare = [&](const at::Tensor& x) { return x - logSumOver(x, queries.same); };
    return meanOverQueries(-logShare(relevance / temperature_).exp() * logShare(batch.prediction),
                           queries);
  }

  double temperature_;
};

class ListMle : public RankingLoss {
 public:
  explicit ListMle(const Parameters&) : RankingLoss("listmle") {}

 private:
  at::Tensor value(const Batch& batch, const at::Tensor& relevance,
                   const Queries& queries) const override {
    const auto& scores = batch.prediction;
    const auto itselfAndLater = queries.same & standsBefore(relevance).logical_not();
    return meanOverQueries(logSumOver(scores, itselfAndLater) - scores, queries);
  }
};

}  // namespace

CatalogRow<Loss> listnetRow() {
  return rowOf<ListNet>(rankingDescriptor(
      "listnet", "ListNet", "Cross-entropy between the shares of first place in a query.",
      "L = −Σ softmax(rel / T) log softmax(s)",
      "Cao et al., Learning to Rank: From Pairwise Approach to Listwise Approach, ICML 2007",
      {ParameterSpec::number("target_temperature", 1, "Temperature T of the relevances")
           .above(0)}));
}

CatalogRow<Loss> listmleRow() {
  return rowOf<ListMle>(
      rankingDescriptor("listmle", "ListMLE", "Negative log-likelihood of a query's true order.",
                        "L = Σ_i (log Σ_{j ≥ i} e^{s_(j)} − s_(i)), (i) by relevance",
                        "Xia et al., Listwise Approach to Learning to Rank, ICML 2008", {}));
}

}  // namespace eq::loss
