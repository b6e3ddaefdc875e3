#include "core/metric/ranking/retrieval.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/relevance_gain.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

constexpr std::int64_t kLargestGroup = std::int64_t{1} << 53;  // groups are kept as doubles

/// Value of a query from the relevances of its items, best score first, of which the first `k` are
/// looked at; NaN leaves the query out.
using QueryValue = std::function<double(const std::vector<double>& relevance, size_t k)>;

double reciprocalRank(const std::vector<double>& relevance, size_t k) {
  for (size_t i = 0; i < k; ++i)
    if (relevance[i] > 0) return 1 / static_cast<double>(i + 1);
  return 0;
}

/// Gains of the relevances over that of the largest one (or nearly), so that no sum of them
/// overflows.
std::vector<double> relativeGains(const std::vector<double>& relevance, loss::Gain gain) {
  const double most = *std::max_element(relevance.begin(), relevance.end());
  if (most == 0) return std::vector<double>(relevance.size(), 0);
  std::vector<double> gains;
  for (const double one : relevance)
    gains.push_back(gain == loss::Gain::linear ? one / most
                                               : std::exp2(one - most) - std::exp2(-most));
  return gains;
}

double discounted(const std::vector<double>& gains, size_t k) {
  double sum = 0;
  for (size_t i = 0; i < k; ++i) sum += gains[i] / std::log2(static_cast<double>(i + 2));
  return sum;
}

double normalisedGain(const std::vector<double>& relevance, size_t k, loss::Gain gain) {
  auto gains = relativeGains(relevance, gain);
  const double found = discounted(gains, k);
  std::sort(gains.begin(), gains.end(), std::greater<>());
  const double best = discounted(gains, k);
  return best > 0 ? found / best : kUndefined;
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
  ListMetric(std::string id, QueryValue query, std::optional<loss::Gain> gain, std::int64_t k)
      : id_(std::move(id)), query_(std::move(query)), gain_(gain), k_(static_cast<size_t>(k)) {}

  void check(const Batch& batch) const override {
    loss::checkVector(id_, "prediction", batch.prediction);
    loss::checkShape(id_, "target", batch.target, batch.prediction.sizes(), "prediction");
    loss::checkNumbers(id_, "target", batch.target);
    loss::checkMask(id_, batch.field("mask"), batch.prediction.sizes(), "prediction");
    if (gain_) loss::checkRelevances(id_, batch.target, *gain_);
    checkGroup(batch);
  }

  void add(const Batch& batch) override {
    const auto group = batch.field("group"), counts = counted(batch);
    kept_.add({counts.defined() ? counts : at::ones_like(batch.target),
               group.defined() ? group : at::zeros_like(batch.target), batch.prediction,
               batch.target});
  }

  at::Tensor counted(const Batch& batch) const override {
    const auto mask = batch.field("mask");
    return mask.defined() ? mask != 0 : mask;
  }

  nlohmann::json value() const override {
    const auto rows = kept_.validHost();
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
  std::optional<loss::Gain> gain_;  ///< where more counts than whether a relevance is above 0
  size_t k_;
  KeptRows kept_;  ///< group, score, relevance
};

/// The description with the common inputs and `k`. \param k its default; 0: all.
Descriptor ofLists(Descriptor descriptor, std::int64_t k) {
  descriptor.parameters = {
      k == 0 ? ParameterSpec::integer("k", 0, "Items of a query that are looked at; 0: all").from(0)
             : ParameterSpec::integer("k", k, "Items of a query that are looked at").from(1)};
  descriptor.inputs = {{"prediction", "[N]", "scores"},
                       {"target", "[N]", "relevances; above 0 = relevant"},
                       {"group", "int [N]", "query of each item; one query without it", false},
                       maskField("[N]")};
  // Of other kinds a run has no score [N] of relevances that are not negative.
  descriptor.taskKinds = {TaskKind::binary};
  descriptor.traits["range"] = {0, 1};
  descriptor.traits["examples"] = "group";
  return descriptor;
}

CatalogRow<Metric> listRow(Descriptor given, const QueryValue& query, std::int64_t k) {
  auto descriptor = ofLists(std::move(given), k);
  return {descriptor, [id = descriptor.id, query](const Parameters& parameters) {
            return std::make_unique<ListMetric>(id, query, std::nullopt, parameters.integer("k"));
          }};
}

}  // namespace

CatalogRow<Metric> mrrRow() {
  return listRow(describe("mrr", "Mean reciprocal rank",
                          "Mean over queries of 1 / the rank of the first relevant item, 0 without "
                          "one; of equal scores the lower index stands first.",
                          "mean_q 1 / rank_q", "Textbook definition", "max"),
                 reciprocalRank, 0);
}

CatalogRow<Metric> ndcgRow() {
  auto descriptor = ofLists(
      describe("ndcg", "Normalised discounted cumulative gain",
               "Gain 2^relevance − 1 (or the relevance itself) discounted by the rank, over that "
               "of the best order; queries without a gain are left out.",
               "Σ (2^rel_i − 1) / log₂(1 + i) / IDCG; linear: Σ rel_i / log₂(1 + i) / IDCG",
               "Burges et al., Learning to Rank using Gradient Descent, ICML 2005", "max"),
      0);
  descriptor.parameters.push_back(loss::gainParameter());
  descriptor.traits["undefined"] = "no query has a relevance above 0";
  return {descriptor, [](const Parameters& parameters) {
            const auto gain = loss::gainOf(parameters);
            const auto query = [gain](const std::vector<double>& relevance, size_t k) {
              return normalisedGain(relevance, k, gain);
            };
            return std::make_unique<ListMetric>("ndcg", query, gain, parameters.integer("k"));
          }};
}

CatalogRow<Metric> recallAtKRow() {
  auto descriptor =
      describe("recall_at_k", "Recall at k",
               "Share of a query's relevant items among its k best; queries without relevant items "
               "are left out.",
               "|relevant ∩ top k| / |relevant|", "Textbook definition", "max");
  descriptor.traits["undefined"] = "no query has a relevance above 0";
  return listRow(std::move(descriptor), recall, 1);
}

}  // namespace eq::metric
