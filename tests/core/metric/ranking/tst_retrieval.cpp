#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

#include <map>

using namespace eq::metric::test;

namespace {

/// Relevances of each query's items, best score first, ties in their order.
std::vector<Row> queriesOf(const json& input) {
  std::map<std::int64_t, std::vector<std::pair<double, double>>> groups;
  for (size_t i = 0; i < input["target"].size(); ++i) {
    const auto group = input.contains("group") ? input["group"][i].get<std::int64_t>() : 0;
    groups[group].emplace_back(-input["prediction"][i].get<double>(), input["target"][i]);
  }
  std::vector<Row> queries;
  for (auto& [group, items] : groups) {
    std::stable_sort(items.begin(), items.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    queries.emplace_back();
    for (const auto& item : items) queries.back().push_back(item.second);
  }
  return queries;
}

double gain(const Row& order, size_t k, bool linear) {
  double sum = 0;
  for (size_t i = 0; i < order.size() && i < k; ++i)
    sum += (linear ? order[i] : std::pow(2, order[i]) - 1) * std::log(2) /
           std::log(static_cast<double>(i) + 2);
  return sum;
}

void addLists(const json& input, size_t k) {
  Row reciprocal, recalls, gains[2];
  const size_t depth = k == 0 ? 1000000 : k;
  for (const auto& order : queriesOf(input)) {
    double first = 0, found = 0, all = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      if (order[i] <= 0) continue;
      ++all;
      if (i >= depth) continue;
      ++found;
      if (first == 0) first = static_cast<double>(i) + 1;
    }
    reciprocal.push_back(first > 0 ? 1 / first : 0);
    Row best = order;
    std::sort(best.begin(), best.end(), std::greater<>());
    for (const bool linear : {false, true})
      if (gain(best, depth, linear) > 0)
        gains[linear].push_back(gain(order, depth, linear) / gain(best, depth, linear));
    if (all > 0) recalls.push_back(found / all);
  }
  addCase("mrr", {{"k", k}}, input, expectation(mean(reciprocal)));
  addCase("ndcg", {{"k", k}}, input, expectation(mean(gains[0])));
  addCase("ndcg", {{"k", k}, {"gain", "linear"}}, input, expectation(mean(gains[1])));
  if (k > 0) addCase("recall_at_k", {{"k", k}}, input, expectation(mean(recalls)));
}

double cosine(const Row& a, const Row& b) {
  double dot = 0, lengthA = 0, lengthB = 0;
  for (size_t d = 0; d < a.size(); ++d)
    dot += a[d] * b[d], lengthA += a[d] * a[d], lengthB += b[d] * b[d];
  return dot / std::sqrt(lengthA * lengthB);
}

void addEmbeddings(const json& input, size_t k) {
  Row hits;
  for (size_t i = 0; i < input["target"].size(); ++i) {
    std::vector<std::pair<double, size_t>> others;
    bool can = false;
    for (size_t j = 0; j < input["target"].size(); ++j) {
      if (j == i) continue;
      others.emplace_back(
          -cosine(input["prediction"][i].get<Row>(), input["prediction"][j].get<Row>()), j);
      can = can || input["target"][j] == input["target"][i];
    }
    std::sort(others.begin(), others.end());
    double hit = 0;
    for (size_t place = 0; place < std::min(k, others.size()); ++place)
      if (input["target"][others[place].second] == input["target"][i]) hit = 1;
    if (can) hits.push_back(hit);
  }
  addCase("hit_rate_at_k", {{"k", k}}, input, expectation(mean(hits)));
}

void addRandom(eq::RandomStream& random, int count) {
  json list{{"prediction", randomNumbers(random, count)},
            {"target", randomIndices(random, count, 4)},
            {"group", randomIndices(random, count, 5)}};
  for (auto& relevance : list["target"]) relevance = std::max(0, relevance.get<int>() - 1);
  for (const size_t k : {0, 1, 2, 4}) addLists(list, k);
  for (auto& score : list["prediction"]) score = std::round(score.get<double>());
  for (size_t i = 0; i < list["target"].size(); ++i)
    if (list["group"][i] == 2) list["target"][i] = 0;  // a query without relevant items
  for (const size_t k : {0, 1, 3}) addLists(list, k);
  list.erase("group");
  for (const size_t k : {0, 5}) addLists(list, k);

  json embeddings{{"prediction", randomRows(random, count, 3)},
                  {"target", randomIndices(random, count, 4)}};
  embeddings["target"][0] = 77;  // no other has it
  for (const size_t k : {1, 2, 5}) addEmbeddings(embeddings, k);
}

}  // namespace

class TestRetrieval : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json ranks{{"prediction", {3, 2, 1, 3, 2, 1, 3, 2, 1}},
                     {"target", {1, 0, 0, 0, 0, 1, 0, 1, 0}},
                     {"group", {0, 0, 0, 1, 1, 1, 2, 2, 2}}};
    addCase("mrr", {}, ranks, 0.611111, 6e-7);
    addCase("ndcg", {}, {{"prediction", {1, 2, 0}}, {"target", {3, 2, 0}}}, 0.833991, 6e-7);
    // Relevances that are counts: as they are, or grades up to the bound.
    addCase("ndcg", {{"gain", "linear"}}, {{"prediction", {1, 2, 3}}, {"target", {2000, 1500, 10}}},
            (10 + 1500 / std::log2(3) + 1000) / (2000 + 1500 / std::log2(3) + 5));
    addCase("ndcg", {}, {{"prediction", {1, 2}}, {"target", {1023, 1023}}}, 1.0);
    addCase("ndcg", {}, {{"prediction", {1, 2}}, {"target", {1023, 0}}}, 1 / std::log2(3));
    addCase("ndcg", {{"gain", "linear"}}, {{"prediction", {1, 2}}, {"target", {1e308, 1e308}}},
            1.0);
    eq::RandomStream random(16);
    for (const int count : {6, 20, 60}) addRandom(random, count);
    // Of equal scores the lower index stands first.
    addCase("mrr", {}, {{"prediction", {1, 1, 1}}, {"target", {0, 1, 0}}}, 0.5);
    addCase("recall_at_k", {}, {{"prediction", {1, 1}}, {"target", {0, 1}}}, 0.0);
    // Equal embeddings, in two directions of one length.
    const json equal{{"prediction", {{1, 2}, {1, 2}, {1, 2}, {1, 2}}}, {"target", {5, 6, 6, 5}}};
    addCase("hit_rate_at_k", {}, equal, 0.25);
    addCase("hit_rate_at_k", {{"k", 2}}, equal, 0.75);
    addCase("hit_rate_at_k", {{"k", 3}}, equal, 1.0);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void manyEmbeddingsInBlocks() {
    eq::RandomStream random(17);
    const int count = 700;
    const json input{{"prediction", randomRows(random, count, 40)},
                     {"target", randomIndices(random, count, 9)}};
    const auto batch = batchOf("hit_rate_at_k", input);
    const auto units = batch.prediction / batch.prediction.norm(2, 1, true);
    auto similarity = units.mm(units.t());
    similarity.fill_diagonal_(-2);
    const auto nearest = similarity.argmax(1);
    const double hits =
        (batch.target.index_select(0, nearest) == batch.target).sum().item<double>() / count;
    QCOMPARE(difference(valueOf("hit_rate_at_k", {}, {batch}), hits, 1e-12), QString());
  }

  void undefined_data() {
    caseColumns();
    const json irrelevant{{"prediction", {1, 2}}, {"target", {0, 0}}};
    addCase("mrr", {}, irrelevant, 0.0);
    addCase("ndcg", {}, irrelevant, nullptr);
    addCase("recall_at_k", {}, irrelevant, nullptr);
    addCase("hit_rate_at_k", {}, {{"prediction", {{1, 2}, {3, 4}}}, {"target", {0, 1}}}, nullptr);
    addCase("hit_rate_at_k", {}, {{"prediction", {{1, 2}}}, {"target", {0}}}, nullptr);
  }
  void undefined() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void nothingAddedIsNull() {
    for (const char* id : {"mrr", "ndcg", "recall_at_k", "hit_rate_at_k"})
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
  }

  void divergedEmbeddingsAreUndefined() {
    auto batch = batchOf("hit_rate_at_k", {{"prediction", {{1, 2}, {3, 4}}}, {"target", {1, 1}}});
    batch.prediction = batch.prediction * std::nan("");
    const auto metric = eq::metric::catalog().create("hit_rate_at_k", json::object(), "");
    metric->add(batch);
    QVERIFY(metric->value().is_null());
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("mrr", {}, {{"prediction", {1, 2}}, {"target", {0, 1}}, {"group", {0.5, 1}}},
               "mrr.group: must be integers, found 0.5");
    addRefusal("recall_at_k", {}, {{"prediction", {1, 2}}, {"target", {0, 1}}, {"group", {1}}},
               "recall_at_k.group: must have the shape of prediction [2], found [1]");
    addRefusal("mrr", {}, {{"prediction", {1}}, {"target", {1}}, {"group", {9007199254740993}}},
               "mrr.group: must be at most 2^53, found 9007199254740993");
    addRefusal("ndcg", {}, {{"prediction", {1, 2}}, {"target", {0, -1}}},
               "ndcg.target: relevances must be at least 0, found -1");
    addRefusal("ndcg", {}, {{"prediction", {3, 2, 1}}, {"target", {2000, 1500, 10}}},
               "ndcg.target: with the exponential gain 2^rel − 1 relevances must be at most 1023, "
               "found 2000; for counts or amounts set the parameter \"gain\" to \"linear\"");
    addRefusal("ndcg", {{"gain", "linear"}}, {{"prediction", {1, 2}}, {"target", {0, -1}}},
               "ndcg.target: relevances must be at least 0, found -1");
    addRefusal("ndcg", {}, {{"prediction", {{1, 2}}}, {"target", {{0, 1}}}},
               "ndcg.prediction: expected [N], found [1, 2]");
    addRefusal("ndcg", {{"k", -1}}, {{"prediction", {1}}, {"target", {0}}},
               "ndcg.k: -1 is below 0");
    addRefusal("recall_at_k", {{"k", 0}}, {{"prediction", {1}}, {"target", {0}}},
               "recall_at_k.k: 0 is below 1");
    addRefusal("hit_rate_at_k", {}, {{"prediction", {1, 2}}, {"target", {0, 1}}},
               "hit_rate_at_k.prediction: expected embeddings [N, D], found [2]");
    addRefusal("hit_rate_at_k", {}, {{"prediction", {{1, 2}}}, {"target", {0, 1}}},
               "hit_rate_at_k.target: must have the shape of rows of prediction [1], found [2]");
    addRefusal("hit_rate_at_k", {}, {{"prediction", {{1, 2}}}, {"target", {0.5}}},
               "hit_rate_at_k.target: must be integers, found 0.5");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestRetrieval)
#include "tst_retrieval.moc"
