#include "core/loss/ranking/ranknet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/element_loss.h"
#include "core/loss/first_found.h"
#include "core/loss/ranking/ranking_support.h"
#include "core/loss/relevance_gain.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

ParameterSpec sigmaParameter() {
  return ParameterSpec::number("sigma", 1, "Steepness σ in the scores' difference").above(0);
}

class RankNet : public RankingLoss {
 public:
  explicit RankNet(const Parameters& parameters)
      : RankingLoss("ranknet"),
        sigma_(parameters.number("sigma")),
        ties_(parameters.boolean("ties")) {}

 private:
  at::Tensor value(const Batch& batch, const at::Tensor& relevance,
                   const Queries& queries) const override {
    const auto gap = differences(batch.prediction) * sigma_;
    const auto better = differences(relevance) > 0;
    const auto ordered = -at::log_sigmoid(gap);
    if (!ties_) return meanOverPairs(ordered, better & queries.same, queries);
    // With P̄ = ½: -½ o + log(1 + e^o).
    const auto equal = differences(relevance) == 0;
    const auto terms = at::where(equal, (ordered - at::log_sigmoid(-gap)) / 2, ordered);
    return meanOverPairs(terms, (better | equal.triu(1)) & queries.same, queries);
  }

  double sigma_;
  bool ties_;
};

class LambdaRank : public RankingLoss {
 public:
  explicit LambdaRank(const Parameters& parameters)
      : RankingLoss("lambdarank"), sigma_(parameters.number("sigma")), gain_(gainOf(parameters)) {}

 private:
  at::Tensor value(const Batch& batch, const at::Tensor& relevance,
                   const Queries& queries) const override {
    const auto terms = -at::log_sigmoid(differences(batch.prediction) * sigma_);
    const auto better = differences(relevance) > 0;
    return meanOverPairs(terms * swapCosts(batch.prediction.detach(), relevance, queries),
                         better & queries.same, queries);
  }

  /// |ΔNDCG| of swapping i and j, [N, N].
  at::Tensor swapCosts(const at::Tensor& scores, const at::Tensor& relevance,
                       const Queries& queries) const {
    const auto discount = [&](const at::Tensor& order) {
      const auto rank = (standsBefore(order) & queries.same).sum(1) + 1;
      return (rank + 1).to(scores.scalar_type()).log2().reciprocal();
    };
    const auto gain = relativeGains(relevance, queries);
    const auto ideal = queries.same.to(gain.scalar_type()).mv(gain * discount(relevance));
    // A query without gain has no pairs.
    const auto divisor = ideal.masked_fill(ideal <= 0, 1).unsqueeze(1);
    return differences(gain).abs() * differences(discount(scores)).abs() / divisor;
  }

  /// Gains over about the largest of the query, so that no relevance overflows, [N].
  at::Tensor relativeGains(const at::Tensor& relevance, const Queries& queries) const {
    const auto most = relevance.unsqueeze(0)
                          .expand_as(queries.same)
                          .masked_fill(queries.same.logical_not(), 0)
                          .amax(1);
    if (gain_ == Gain::linear) return relevance / most.masked_fill(most == 0, 1);
    return (relevance - most).exp2() - (-most).exp2();
  }

  void checkFurther(const Batch& batch) const override {
    checkRelevances(id(), batch.target, gain_);
  }

  double sigma_;
  Gain gain_;
};

/// As an element-wise loss of the scores' difference. In a run without pairs each example is one
/// with the next of the batch.
class MarginRanking : public ElementLoss {
 public:
  explicit MarginRanking(const Parameters& parameters)
      : ElementLoss("margin_ranking", parameters), margin_(parameters.number("margin")) {}

  void check(const Batch& batch) const override { ElementLoss::check(paired(batch)); }

  Value evaluate(const Batch& batch, bool perSample) const override {
    Batch gap = paired(batch);
    gap.prediction = gap.prediction - gap.field("pair").to(gap.prediction.scalar_type());
    return ElementLoss::evaluate(gap, perSample);
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override { return scoreReadouts(task); }
  at::Tensor decode(const Batch& batch) const override { return decodedScore(batch); }

 private:
  /// Equal targets have no order and do not count.
  static Batch paired(const Batch& batch) {
    if (!batch.task || batch.field("pair").defined()) return batch;
    Batch pairs = batch;
    pairs.fields["pair"] = batch.prediction.roll(-1, 0);
    pairs.target = (batch.target - batch.target.roll(-1, 0)).sign().to(batch.prediction.dtype());
    auto counts = pairs.target != 0;
    if (const auto mask = batch.field("mask"); mask.defined())
      counts = counts & (mask != 0) & (mask != 0).roll(-1, 0);
    pairs.fields["mask"] = counts;
    return pairs;
  }

  at::Tensor elements(const at::Tensor& gap, const at::Tensor& target) const override {
    return (margin_ - target * gap).relu();
  }

  void checkFurther(const Batch& batch) const override {
    const auto pair = batch.field("pair"), mask = batch.field("mask");
    checkShape(id(), "pair", pair, batch.prediction.sizes(), "prediction");
    checkNumbers(id(), "pair", mask.defined() ? pair.masked_fill(mask == 0, 0) : pair);
    auto wrong = batch.target.abs() != 1;
    if (mask.defined()) wrong = wrong & (mask != 0);
    if (wrong.any().item<bool>())
      fail("{}.target: must be -1 or 1, found {}", id(), firstFound(batch.target, wrong));
  }

  double margin_;
};

}  // namespace

CatalogRow<Loss> ranknetRow() {
  auto descriptor = rankingDescriptor(
      "ranknet", "RankNet", "Cross-entropy of which of two items of a query stands first.",
      "L = mean log(1 + e^(−σ(s_i − s_j))) over rel_i > rel_j",
      "Burges et al., Learning to Rank using Gradient Descent, ICML 2005",
      {sigmaParameter(),
       ParameterSpec::boolean("ties", false, "Pull pairs of equal relevance together too")});
  descriptor.traits["slices"] = {"gap"};
  return rowOf<RankNet>(descriptor);
}

CatalogRow<Loss> marginRankingRow() {
  Descriptor descriptor;
  descriptor.id = "margin_ranking";
  descriptor.title = "Margin ranking loss";
  descriptor.summary = "Asks the better of two scores to lead by a margin.";
  descriptor.formula = "L = max(−t(s − s′) + m, 0)";
  descriptor.citation = "Textbook definition";
  descriptor.parameters =
      elementParameters({ParameterSpec::number("margin", 0, "Lead m that is asked for").from(0)});
  descriptor.taskKinds = kindsOfRelevance();
  descriptor.inputs = {{"prediction", "[N]", "scores s"},
                       {"target", "[N]", "1: s is to be the larger; −1: the smaller"},
                       {"pair", "[N]", "scores s′"},
                       {"mask", "[N]", "0 = does not count", false}};
  descriptor.traits = {{"slices", {"gap"}}, {"prediction", "score"}, {"made_in_runs", {"pair"}}};
  return rowOf<MarginRanking>(descriptor);
}

CatalogRow<Loss> lambdarankRow() {
  auto descriptor =
      rankingDescriptor("lambdarank", "LambdaRank",
                        "RankNet with each pair weighted by what its order is worth in NDCG.",
                        "L = mean |ΔNDCG_ij| log(1 + e^(−σ(s_i − s_j))) over rel_i > rel_j",
                        "Burges, From RankNet to LambdaRank to LambdaMART, 2010",
                        {sigmaParameter(), gainParameter()});
  descriptor.traits["slices"] = {"gap"};
  return rowOf<LambdaRank>(descriptor);
}

}  // namespace eq::loss
