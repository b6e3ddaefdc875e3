#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

/// Counts every pair of a positive and a negative.
double rocByPairs(const Row& scores, const std::vector<bool>& positive) {
  double pairs = 0, won = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    for (size_t j = 0; j < scores.size(); ++j) {
      if (!positive[i] || positive[j]) continue;
      ++pairs;
      won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
  return pairs > 0 ? won / pairs : std::nan("");
}

/// Precision and recall at every threshold, recounted from scratch.
double precisionByThresholds(const Row& scores, const std::vector<bool>& positive) {
  Row thresholds = scores;
  std::sort(thresholds.begin(), thresholds.end(), std::greater<>());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  const auto all = static_cast<double>(std::count(positive.begin(), positive.end(), true));
  double sum = 0, former = 0;
  for (const double threshold : thresholds) {
    double taken = 0, right = 0;
    for (size_t i = 0; i < scores.size(); ++i)
      if (scores[i] >= threshold) ++taken, right += positive[i] ? 1 : 0;
    sum += (right / all - former) * right / taken;
    former = right / all;
  }
  return all > 0 ? sum : std::nan("");
}

struct Scored {
  Row scores;
  std::vector<bool> positive;
};

/// Those that the mask keeps.
Scored kept(const json& input) {
  Scored some;
  for (size_t i = 0; i < input["prediction"].size(); ++i) {
    if (input.contains("mask") && input["mask"][i] == 0) continue;
    some.scores.push_back(input["prediction"][i]);
    some.positive.push_back(input["target"][i] == 1);
  }
  return some;
}

double multiClass(const json& input, bool pairs) {
  const auto classes = input["prediction"][0].size();
  const auto area = [&](size_t scored, const std::vector<size_t>& against) {
    Row scores;
    std::vector<bool> positive;
    for (size_t i = 0; i < input["target"].size(); ++i) {
      const int target = input["target"][i];
      const bool own = target == static_cast<int>(scored);
      const bool other = std::any_of(against.begin(), against.end(),
                                     [&](size_t c) { return target == static_cast<int>(c); });
      if (!own && !other) continue;
      scores.push_back(softmax(input["prediction"][i].get<Row>())[scored]);
      positive.push_back(own);
    }
    return rocByPairs(scores, positive);
  };
  Row areas;
  const auto keep = [&](double value) {
    if (!std::isnan(value)) areas.push_back(value);
  };
  for (size_t a = 0; a < classes; ++a) {
    std::vector<size_t> rest;
    for (size_t b = 0; b < classes; ++b)
      if (b != a) rest.push_back(b);
    if (!pairs) keep(area(a, rest));
    for (size_t b = a + 1; pairs && b < classes; ++b) keep((area(a, {b}) + area(b, {a})) / 2);
  }
  return mean(areas);
}

void addBinary(const json& input) {
  const auto some = kept(input);
  addCase("auroc", {}, input, expectation(rocByPairs(some.scores, some.positive)));
  addCase("auprc", {}, input, expectation(precisionByThresholds(some.scores, some.positive)));
}

void addClasses(const json& input) {
  addCase("auroc", {}, input, expectation(multiClass(input, false)));
  addCase("auroc", {{"multi_class", "ovo"}}, input, expectation(multiClass(input, true)));
}

void addRandom(eq::RandomStream& random, int count) {
  json input{{"prediction", randomNumbers(random, count)},
             {"target", randomIndices(random, count, 2)}};
  addBinary(input);
  for (auto& score : input["prediction"]) score = std::round(score.get<double>());
  addBinary(input);  // with ties
  input["mask"] = randomMask(random, count);
  addBinary(input);
  json classes{{"prediction", randomRows(random, count, 4)},
               {"target", randomIndices(random, count, 3)}};  // class 3 never occurs
  addClasses(classes);
  classes["target"][0] = classes["target"][count / 2] = -100;
  for (auto& row : classes["prediction"])
    for (auto& logit : row) logit = std::round(logit.get<double>());
  addClasses(classes);
}

}  // namespace

class TestCurves : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json sheet{{"prediction", {.9, .8, .7, .6, .4}}, {"target", {1, 0, 1, 1, 0}}};
    addCase("auroc", {}, sheet, 0.666667, 6e-7);
    addCase("auprc", {}, sheet, 0.805556, 6e-7);
    eq::RandomStream random(3);
    for (const int count : {2, 7, 40, 200}) addRandom(random, count);
    addBinary({{"prediction", {1, 1, 1, 1}}, {"target", {1, 0, 0, 1}}});
    addBinary({{"prediction", {1e300, -1e300, 0}}, {"target", {1, 0, 0}}});
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void undefined_data() {
    caseColumns();
    const json ones{{"prediction", {.9, .8}}, {"target", {1, 1}}};
    const json zeros{{"prediction", {.9, .8}}, {"target", {0, 0}}};
    addCase("auroc", {}, ones, nullptr);
    addCase("auroc", {}, zeros, nullptr);
    addCase("auprc", {}, ones, 1.0);
    addCase("auprc", {}, zeros, nullptr);
    json masked{{"prediction", {.9, .8}}, {"target", {1, 0}}, {"mask", {0, 0}}};
    addCase("auroc", {}, masked, nullptr);
    addCase("auprc", {}, masked, nullptr);
    const json oneClass{{"prediction", {{1, 2, 3}, {2, 1, 0}}}, {"target", {1, 1}}};
    addCase("auroc", {}, oneClass, nullptr);
    addCase("auroc", {{"multi_class", "ovo"}}, oneClass, nullptr);
    addCase("auroc", {}, {{"prediction", {{1, 2}, {2, 1}}}, {"target", {-100, -100}}}, nullptr);
  }
  void undefined() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void divergedScoresAreUndefined() {
    auto batch = batchOf("auroc", {{"prediction", {1, 2, 3}}, {"target", {0, 1, 1}}});
    batch.prediction = batch.prediction.log() - batch.prediction.log();
    batch.prediction = batch.prediction / batch.prediction;  // 0/0
    for (const char* id : {"auroc", "auprc"}) {
      const auto metric = eq::metric::catalog().create(id, json::object(), id);
      metric->add(batch);
      QVERIFY(metric->value().is_null());
    }
  }

  void nothingAddedIsNull() {
    for (const char* id : {"auroc", "auprc"})
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("auroc", {}, {{"prediction", {1, 2}}, {"target", {0, 2}}},
               "auroc.target: must be 0 or 1, found 2");
    addRefusal("auroc", {}, {{"prediction", {{1, 2}}}, {"target", {{0, 1}}}},
               "auroc.prediction: expected scores [N], found [1, 2]");
    addRefusal("auroc", {}, {{"prediction", {{1, 2}}}, {"target", {2}}},
               "auroc.target: classes go from 0 to 1 (-100 = ignored), found 2");
    addRefusal("auprc", {}, {{"prediction", {{1, 2}}}, {"target", {1}}},
               "auprc.prediction: expected scores [N], found [1, 2]");
    addRefusal("auprc", {}, {{"prediction", {1, 2}}}, "auprc.target: is required and missing");
    addRefusal("auprc", {}, {{"prediction", {1, 2}}, {"target", {1, 0}}, {"mask", {1}}},
               "auprc.mask: must have the shape of target [2], found [1]");
    addRefusal("auroc", {{"multi_class", "both"}}, {{"prediction", {1}}, {"target", {1}}},
               "auroc.multi_class: expected one of ovr, ovo, found \"both\"");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestCurves)
#include "tst_curves.moc"
