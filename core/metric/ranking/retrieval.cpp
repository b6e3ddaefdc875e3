#include "core/metric/ranking/retrieval.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

constexpr std::int64_t kLargestGroup = std::int64_t{1} << 53;  // groups are kept as doubles

/// Value of a query from the relevances of its items, best score first, of which the first `k` are
/// looked at; NaN leaves the query out.
using QueryValue = double (*)(const std::vector<double>& relevance, size_t k);

double reciprocalRank(const std::vector<double>& relevance, size_t k) {
  for (size_t i = 0; i < k; ++i)
    if (relevance[i] > 0) return 1 / static_cast<double>(i + 1);
  return 0;
}

double discountedGain(const std::vector<double>& relevance, size_t k) {
  double sum = 0;
  for (size_t i = 0; i < k; ++i)
    sum += (std::exp2(relevance[i]) - 1) / std::log2(static_cast<double>(i + 2));
  return sum;
}

double normalisedGain(const std::vector<double>& relevance, size_t k) {
  auto ideal = relevance;
  std::sort(ideal.begin(), ideal.end(), std::greater<>());
  const double best = discountedGain(ideal, k);
  return best > 0 ? discountedGain(relevance, k) / best : kUndefined;
}

double recall(const std::vector<double>& relevance, size_t k) {
  const auto isRelevant = [](double value) { return value > 0; };
  const auto end = relevance.begin() + static_cast<std::ptrdiff_t>(k);
  const auto all = std::count_if(relevance.begin(), relevance.end(), isRelevant);
  const auto found = std::count_if(relevance.begin(), end, isRelevant);
  return all > 0 ? static_cast<double>(found) / static_cast<double>(all) : kUndefined;
}

class ListMetric : public Metric {
 public:
  ListMetric(std::string id, QueryValue query, bool gains, std::int64_t k)
      : id_(std::move(id)), query_(query), gains_(gains), k_(static_cast<size_t>(k)) {}

  void check(const Batch& batch) const override {
    loss::checkVector(id_, "prediction", batch.prediction);
    loss::checkShape(id_, "target", batch.target, batch.prediction.sizes(), "prediction");
    loss::checkNumbers(id_, "target", batch.target);
    if (gains_ && (batch.target < 0).any().item<bool>())
      fail("{}.target: relevances must be at least 0, found {}", id_,
           batch.target.min().item<double>());
    checkGroup(batch);
  }

  void add(const Batch& batch) override {
    const auto group = batch.field("group");
    kept_.add(
        {group.defined() ? group : at::zeros_like(batch.target), batch.prediction, batch.target});
  }

  at::Tensor counted(const Batch&) const override { return {}; }

  nlohmann::json value() const override {
    const auto rows = kept_.host();
    std::map<double, std::vector<std::int64_t>> queries;
    for (std::int64_t i = 0; i < rows.count(); ++i) queries[rows.at(i, 0)].push_back(i);
    std::vector<double> values;
    for (auto& [group, items] : queries) values.push_back(ofQuery(rows, items));
    return orNull(meanOfDefined(values));
  }

 private:
  void checkGroup(const Batch& batch) const {
    const auto group = batch.field("group");
    if (!group.defined()) return;
    loss::checkShape(id_, "group", group, batch.prediction.sizes(), "prediction");
    loss::checkIntegers(id_, "group", group);
    const auto wrong = group.abs() > kLargestGroup;
    if (wrong.any().item<bool>())
      fail("{}.group: must be at most 2^53, found {}", id_,
           group.masked_select(wrong)[0].item<std::int64_t>());
  }

  double ofQuery(const HostRows& rows, std::vector<std::int64_t>& items) const {
    std::stable_sort(items.begin(), items.end(),
                     [&](std::int64_t a, std::int64_t b) { return rows.at(a, 1) > rows.at(b, 1); });
    std::vector<double> relevance;
    for (const auto i : items) relevance.push_back(rows.at(i, 2));
    return query_(relevance, k_ == 0 ? items.size() : std::min(k_, items.size()));
  }

  std::string id_;
  QueryValue query_;
  bool gains_;  ///< relevances are exponents, not only above 0 or not
  size_t k_;
  KeptRows kept_;  ///< group, score, relevance
};

CatalogRow<Metric> listRow(Descriptor descriptor, QueryValue query, bool gains, std::int64_t k) {
  descriptor.parameters = {
      k == 0 ? ParameterSpec::integer("k", 0, "Items of a query that are looked at; 0: all").from(0)
             : ParameterSpec::integer("k", k, "Items of a query that are looked at").from(1)};
  descriptor.inputs = {{"prediction", "[N]", "scores"},
                       {"target", "[N]", "relevances; above 0 = relevant"},
                       {"group", "int [N]", "query of each item; one query without it", false}};
  descriptor.traits["range"] = {0, 1};
  descriptor.traits["examples"] = "group";
  return {descriptor, [id = descriptor.id, query, gains](const Parameters& parameters) {
            return std::make_unique<ListMetric>(id, query, gains, parameters.integer("k"));
          }};
}

}  // namespace

CatalogRow<Metric> mrrRow() {
  return listRow(describe("mrr", "Mean reciprocal rank",
                          "Mean over queries of 1 / the rank of the first relevant item, 0 without "
                          "one; of equal scores the lower index stands first.",
                          "mean_q 1 / rank_q", "Textbook definition", "max"),
                 reciprocalRank, false, 0);
}

CatalogRow<Metric> ndcgRow() {
  return listRow(
      describe("ndcg", "Normalised discounted cumulative gain",
               "Gain 2^relevance − 1 discounted by the rank, over that of the best order; queries "
               "without a gain are left out.",
               "Σ (2^rel_i − 1) / log₂(1 + i) / IDCG",
               "Burges et al., Learning to Rank using Gradient Descent, ICML 2005", "max"),
      normalisedGain, true, 0);
}

CatalogRow<Metric> recallAtKRow() {
  return listRow(
      describe("recall_at_k", "Recall at k",
               "Share of a query's relevant items among its k best; queries without relevant items "
               "are left out.",
               "|relevant ∩ top k| / |relevant|", "Textbook definition", "max"),
      recall, false, 1);
}

}  // namespace eq::metric
