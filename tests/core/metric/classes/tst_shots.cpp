#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

constexpr const char* kShots[] = {"many_shot_accuracy", "medium_shot_accuracy",
                                  "few_shot_accuracy"};

/// Mean recall of the classes of that group (0 many, 1 medium, 2 few) that occur.
double ofGroup(const json& input, const json& params, int group) {
  const auto counts = params["counts"].get<Row>();
  Table hits(counts.size());
  for (size_t i = 0; i < input["target"].size(); ++i) {
    if (input["target"][i] == -100) continue;
    const auto logits = input["prediction"][i].get<Row>();
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    hits[input["target"][i].get<size_t>()].push_back(
        best == input["target"][i].get<std::ptrdiff_t>() ? 1 : 0);
  }
  const double many = params["many"], few = params["few"];
  Row recalls;
  for (size_t c = 0; c < counts.size(); ++c) {
    const int own = counts[c] > many ? 0 : counts[c] < few ? 2 : 1;
    if (own == group && !hits[c].empty()) recalls.push_back(mean(hits[c]));
  }
  return mean(recalls);
}

}  // namespace

/// Accuracy by how many training examples a class has, against an evaluation of its own.
class TestShots : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsItsDefinition_data() {
    caseColumns();
    eq::RandomStream random(9);
    const json params{{"counts", {117, 42, 40, 9, 8, 1}}, {"many", 40}, {"few", 9}};
    for (const int count : {1, 12, 90}) {
      json input{{"prediction", randomRows(random, count, 6)},
                 {"target", randomIndices(random, count, 6)}};
      for (int group = 0; group < 3; ++group)
        addCase(kShots[group], params, input, expectation(ofGroup(input, params, group)));
      input["target"][count / 2] = -100;
      for (int group = 0; group < 3; ++group)
        addCase(kShots[group], params, input, expectation(ofGroup(input, params, group)));
    }
    // Of the bounds themselves: 100 is not many, 20 is not few.
    const json input{{"prediction", {{1, 0}, {1, 0}, {0, 1}}}, {"target", {0, 1, 1}}};
    addCase("medium_shot_accuracy", {{"counts", {100, 20}}}, input, 0.75);
    addCase("many_shot_accuracy", {{"counts", {100, 20}}}, input, nullptr);
    addCase("few_shot_accuracy", {{"counts", {101, 19}}}, input, 0.5);
    addCase("many_shot_accuracy", {{"counts", {101, 19}}}, input, 1);
  }
  void equalsItsDefinition() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void poolsOverBatches_data() { equalsItsDefinition_data(); }
  void poolsOverBatches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void refuses_data() {
    refusalColumns();
    const json good{{"prediction", {{1, 2, 3}}}, {"target", {1}}};
    addRefusal("few_shot_accuracy", {{"counts", {5, 6}}}, good,
               "few_shot_accuracy.counts: needs one entry a class, 3, found 2");
    addRefusal("many_shot_accuracy", {{"counts", {5, 6, 7}}, {"few", 200}}, good,
               "many_shot_accuracy.few: 200 is above many, 100, so that a class could be both");
    addRefusal("many_shot_accuracy", {{"counts", {5, 6}}},
               {{"prediction", {1, 2}}, {"target", {1, 0}}},
               "many_shot_accuracy.prediction: needs logits of classes, [N, C], found [2]");
  }
  void refuses() { compareRefusal(); }

  /// A run evaluates without a check: counts of another number of classes must not be read beyond.
  void addRefusesCountsOfAnotherLength() {
    const auto metric =
        eq::metric::catalog().create("few_shot_accuracy", {{"counts", {5, 6}}}, "metrics");
    const auto batch = batchOf("few_shot_accuracy", {{"prediction", {{1, 2, 3}}}, {"target", {1}}});
    QVERIFY_EXCEPTION_THROWN(metric->add(batch), eq::Error);
  }
};

EQUIPOISE_TEST(TestShots)
#include "tst_shots.moc"
