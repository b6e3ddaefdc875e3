#include "dataset_support.h"

#include <QTest>

#include "tests/registry.h"

class TestDigits : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void givesEveryTaskTheSameClasses() {
    const auto problem = loadData("digits", {{"tasks", {"plain", "attacked"}}, {"train", 300}});
    const auto facts = loadData("digit_facts");
    QCOMPARE(problem.tasks.size(), size_t{2});
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{1, 8, 8}));
    QVERIFY(problem.train.inputs.equal(facts.train.inputs.slice(0, 0, 300)));
    for (size_t k = 0; k < 2; ++k) {
      QCOMPARE(problem.tasks[k].kind, eq::TaskKind::classification);
      QVERIFY(problem.train.targets[k].equal(facts.train.targets[0].slice(0, 0, 300)));
      QVERIFY(problem.validation.targets[k].equal(facts.validation.targets[0]));
      QVERIFY(problem.test.targets[k].equal(facts.test.targets[0]));
    }
  }

  /// Attacks keep to this range.
  void greyValuesGoFromNoneToFull() {
    const auto inputs = loadData("digits").train.inputs;
    QCOMPARE(inputs.min().item<double>(), 0.0);
    QCOMPARE(inputs.max().item<double>(), 1.0);
  }
};

EQUIPOISE_TEST(TestDigits)
#include "tst_digits.moc"
