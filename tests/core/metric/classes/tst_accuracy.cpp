#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

bool counts(const json& input, size_t i) {
  return input["target"][i] != -100 && !(input.contains("mask") && input["mask"][i] == 0);
}

/// Classes from the best logit down, ties to the lower.
std::vector<size_t> ranking(const Row& logits) {
  std::vector<size_t> order(logits.size());
  for (size_t c = 0; c < order.size(); ++c) order[c] = c;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  return order;
}

double topK(const json& input, size_t k) {
  Row hits;
  for (size_t i = 0; i < input["target"].size(); ++i) {
    if (!counts(input, i)) continue;
    const auto order = ranking(input["prediction"][i].get<Row>());
    const auto place = std::find(order.begin(), order.end(), input["target"][i].get<size_t>());
    hits.push_back(static_cast<size_t>(place - order.begin()) < k ? 1 : 0);
  }
  return mean(hits);
}

double balanced(const json& input) {
  Table hits(input["prediction"][0].size());
  for (size_t i = 0; i < input["target"].size(); ++i) {
    if (!counts(input, i)) continue;
    const auto target = input["target"][i].get<size_t>();
    hits[target].push_back(ranking(input["prediction"][i].get<Row>())[0] == target ? 1 : 0);
  }
  Row recalls;
  for (const auto& own : hits)
    if (!own.empty()) recalls.push_back(mean(own));
  return mean(recalls);
}

void addClasses(const json& input) {
  addCase("accuracy", {}, input, expectation(topK(input, 1)));
  addCase("balanced_accuracy", {}, input, expectation(balanced(input)));
  for (const int k : {1, 2, 3})
    addCase("top_k_accuracy", {{"k", k}}, input, expectation(topK(input, k)));
  addCase("top_k_accuracy", {}, input, expectation(topK(input, 5)));
}

/// Binary logits as flat lists.
void addBinary(const json& input, const Row& logits, const Row& targets, const Row& mask) {
  Row right, found[2];
  for (size_t i = 0; i < logits.size(); ++i) {
    if (mask[i] == 0) continue;
    const double hit = (logits[i] > 0) == (targets[i] == 1) ? 1 : 0;
    right.push_back(hit);
    found[targets[i] == 1 ? 1 : 0].push_back(hit);
  }
  addCase("accuracy", {}, input, expectation(mean(right)));
  addCase("top_k_accuracy", {{"k", 1}}, input, expectation(mean(right)));
  addCase("top_k_accuracy", {{"k", 2}}, input, expectation(right.empty() ? std::nan("") : 1));
  Row recalls;
  for (const auto& own : found)
    if (!own.empty()) recalls.push_back(mean(own));
  addCase("balanced_accuracy", {}, input, expectation(mean(recalls)));
}

void addRandom(eq::RandomStream& random, int count) {
  json input{{"prediction", randomRows(random, count, 6)},
             {"target", randomIndices(random, count, 5)}};
  addClasses(input);
  for (auto& row : input["prediction"])
    for (auto& logit : row) logit = std::round(logit.get<double>());
  input["target"][count / 3] = -100;
  addClasses(input);
  input["mask"] = randomMask(random, count);
  addClasses(input);

  json binary{{"prediction", randomNumbers(random, count)},
              {"target", randomIndices(random, count, 2)},
              {"mask", randomMask(random, count)}};
  binary["prediction"][0] = 0;  // not above 0: negative
  addBinary(binary, binary["prediction"].get<Row>(), binary["target"].get<Row>(),
            binary["mask"].get<Row>());

  json labels{{"prediction", randomRows(random, count, 3)}, {"target", json::array()}};
  Row flatLogits, flatTargets;
  for (int i = 0; i < count; ++i) {
    labels["target"].push_back(randomIndices(random, 3, 2));
    for (size_t l = 0; l < 3; ++l) {
      flatLogits.push_back(labels["prediction"][static_cast<size_t>(i)][l]);
      flatTargets.push_back(labels["target"].back()[l]);
    }
  }
  addBinary(labels, flatLogits, flatTargets, Row(flatLogits.size(), 1));
}

}  // namespace

class TestAccuracy : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const int matrix[3][3] = {{50, 2, 3}, {4, 30, 6}, {1, 2, 2}};
    json sheet{{"prediction", json::array()}, {"target", json::array()}};
    for (int t = 0; t < 3; ++t)
      for (int p = 0; p < 3; ++p)
        for (int i = 0; i < matrix[t][p]; ++i) {
          sheet["prediction"].push_back({p == 0 ? 1 : 0, p == 1 ? 1 : 0, p == 2 ? 1 : 0});
          sheet["target"].push_back(t);
        }
    addCase("accuracy", {}, sheet, 0.82);
    addCase("balanced_accuracy", {}, sheet, 0.686364, 6e-7);
    addCase("top_k_accuracy", {}, sheet, 1.0);
    eq::RandomStream random(8);
    for (const int count : {3, 30, 150}) addRandom(random, count);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void undefined() {
    const json ignored{{"prediction", {{1, 2}, {3, 4}}}, {"target", {-100, -100}}};
    const json masked{{"prediction", {1, 2}}, {"target", {1, 0}}, {"mask", {0, 0}}};
    for (const char* id : {"accuracy", "balanced_accuracy", "top_k_accuracy"}) {
      QVERIFY(valueOf(id, {}, ignored).is_null());
      QVERIFY(valueOf(id, {}, masked).is_null());
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
    }
  }

  void masksHideWrongTargets() {
    const json input{{"prediction", {{1, 2}, {3, 4}}}, {"target", {1, 7}}, {"mask", {1, 0}}};
    QVERIFY(message("accuracy", {}, input).isEmpty());
    QVERIFY(valueOf("accuracy", {}, input) == json(1.0));
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("top_k_accuracy", {{"k", 0}}, {{"prediction", {{1, 2}}}, {"target", {0}}},
               "top_k_accuracy.k: 0 is below 1");
    addRefusal("balanced_accuracy", {}, {{"prediction", {{1, 2}, {3, 4}}}, {"target", {0}}},
               "balanced_accuracy.target: must have one entry a row of prediction [2, 2], found "
               "[1]");
    addRefusal("accuracy", {}, {{"prediction", {{1}, {3}}}, {"target", {0, 0}}},
               "accuracy.prediction: needs logits of at least 2 classes, found [2, 1]");
    addRefusal("accuracy", {}, {{"prediction", {{1, 2}}}, {"target", {0}}, {"mask", {2}}},
               "accuracy.mask: must be 0 or 1, found 2");
    addRefusal("balanced_accuracy", {}, {{"prediction", {{{1}}}}, {"target", {0}}},
               "balanced_accuracy.prediction: expected [N], [N, L] or [N, C], found [1, 1, 1]");
    addRefusal("top_k_accuracy", {}, {{"prediction", {{1, 2}}}, {"target", {0.5}}},
               "top_k_accuracy.target: must be integers, found 0.5");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestAccuracy)
#include "tst_accuracy.moc"
