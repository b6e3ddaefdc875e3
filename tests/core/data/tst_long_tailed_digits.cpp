#include "core/data/long_tailed_digits.h"

#include "dataset_support.h"

#include <QTest>

#include "core/data/class_counts.h"
#include "reader_support.h"
#include "tests/registry.h"

using Counts = std::vector<std::int64_t>;
using nlohmann::json;

class TestLongTailedDigits : public QObject {
  Q_OBJECT

  /// Examples of each class in a split.
  static Counts countsOf(const eq::data::Split& split) {
    Counts counts(10);
    for (const double label : numbersOf(split.targets[0])) ++counts[static_cast<size_t>(label)];
    return counts;
  }

 private Q_SLOTS:
  void theTailFollowsItsFormula() {
    QCOMPARE(eq::data::longTail(1000, 100, 3), (Counts{1000, 100, 10}));
    QCOMPARE(eq::data::longTail(512, 8, 4), (Counts{512, 256, 128, 64}));
    QCOMPARE(eq::data::longTail(7, 1, 4), (Counts{7, 7, 7, 7}));
    QCOMPARE(eq::data::longTail(5, 100, 3), (Counts{5, 1, 1}));
    // 1000 / 100^(1/9) = 599.48..., 1000 / 100^(2/9) = 359.38...
    QCOMPARE(eq::data::longTail(1000, 100, 10)[1], std::int64_t{599});
    QCOMPARE(eq::data::longTail(1000, 100, 10)[2], std::int64_t{359});
  }

  void trainingHasTheTailAndTheRestIsBalanced() {
    const auto problem = loadData("long_tailed_digits", {{"largest", 100}, {"imbalance", 50}});
    const auto expected = eq::data::longTail(100, 50, 10);
    QCOMPARE(countsOf(problem.train), expected);
    QCOMPARE(eq::data::classCounts(problem, 0), expected);
    for (const auto* split : {&problem.validation, &problem.test}) {
      const auto counts = countsOf(*split);
      QCOMPARE(counts, Counts(10, counts[0]));
      QVERIFY(counts[0] >= 10);
    }
  }

  /// The examples are originals of the part that they are in, whatever the imbalance.
  void takesOriginalsOfTheirPart() {
    const auto facts = loadData("digit_facts");
    const auto rowsOf = [](const at::Tensor& images) {
      std::set<std::vector<double>> rows;
      for (std::int64_t i = 0; i < images.size(0); ++i) rows.insert(numbersOf(images[i]));
      return rows;
    };
    const auto problem = loadData("long_tailed_digits");
    const auto originals = rowsOf(facts.train.inputs);
    for (const auto& row : rowsOf(problem.train.inputs)) QVERIFY(originals.contains(row));
    const auto tested = rowsOf(facts.test.inputs);
    for (const auto& row : rowsOf(problem.test.inputs)) QVERIFY(tested.contains(row));
  }

  void withoutAnImbalanceAllAreAsFrequentAsTheRarest() {
    const auto problem = loadData("long_tailed_digits", {{"imbalance", 1}});
    const auto counts = countsOf(problem.train);
    const auto all = countsOf(loadData("ordered_digits").train);
    QCOMPARE(counts, Counts(10, *std::min_element(all.begin(), all.end())));
  }

  /// Losses and metrics of the sample are given counts by hand.
  void theSampleKnowsItsCounts() {
    const auto sample =
        json::parse(std::ifstream(eq::test::inSource("samples/long-tailed-digits.json")));
    const auto& data = sample["data"];
    const json counts = eq::data::longTail(data["largest"], data["imbalance"], 10);
    int found = 0;
    for (const auto& task : sample["tasks"]) {
      json methods = task["metrics"];
      methods.push_back(task["loss"]);
      for (const auto& method : methods) {
        if (!method.contains("counts")) continue;
        QVERIFY(method["counts"] == counts);
        ++found;
      }
    }
    QCOMPARE(found, 18);  // three losses, and three metrics of five tasks
  }

  void refusesMoreThanThereAre() {
    const auto message = messageOf([] { loadData("long_tailed_digits", {{"largest", 500}}); });
    QVERIFY2(message.startsWith("data.largest: asks for 500 training images of class 0, but there "
                                "are 1"),
             qPrintable(message));
    QCOMPARE(messageOf([] {
               loadData("long_tailed_digits", {{"imbalance", 0.5}});
             }),
             QString("data.imbalance: 0.5 is below 1"));
  }
};

EQUIPOISE_TEST(TestLongTailedDigits)
#include "tst_long_tailed_digits.moc"
