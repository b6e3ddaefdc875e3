#include "dataset_support.h"
#include "tests/registry.h"

#include <QTest>

using eq::TaskKind;

class TestDigitFacts : public QObject {
  Q_OBJECT

  const eq::data::Problem problem_ = loadData("digit_facts");

 private Q_SLOTS:
  void hasFourUnlikeTasks() {
    QCOMPARE(problem_.inputShape, (std::vector<std::int64_t>{1, 8, 8}));
    QCOMPARE(problem_.tasks.size(), size_t{4});
    QCOMPARE(problem_.tasks[0].kind, TaskKind::classification);
    QCOMPARE(problem_.tasks[1].kind, TaskKind::binary);
    QCOMPARE(problem_.tasks[2].kind, TaskKind::regression);
    QCOMPARE(problem_.tasks[2].width, std::int64_t{1});
    QCOMPARE(problem_.tasks[3].width, std::int64_t{64});
    QCOMPARE(problem_.tasks[3].imageShape, (std::vector<std::int64_t>{8, 8}));
    QCOMPARE(problem_.tasks[1].classNames, (std::vector<std::string>{"even", "odd"}));
  }

  void dividesAllOriginals() {
    QCOMPARE(problem_.train.size(), std::int64_t{1257});
    QCOMPARE(problem_.validation.size(), std::int64_t{269});
    QCOMPARE(problem_.test.size(), std::int64_t{271});
  }

  void targetsFollowFromTheImage() {
    for (const auto* split : {&problem_.train, &problem_.validation, &problem_.test}) {
      const auto& targets = split->targets;
      QVERIFY(targets[1].equal(targets[0].remainder(2).to(at::kFloat)));
      QVERIFY(targets[2].equal((split->inputs * 16).sum({1, 2, 3})));
      QVERIFY(targets[3].equal(split->inputs.reshape({-1, 64})));
      QVERIFY(split->inputs.min().item<float>() == 0 && split->inputs.max().item<float>() == 1);
    }
    const double mean = problem_.train.targets[2].mean().item<double>();
    QVERIFY2(mean > 250 && mean < 400, qPrintable(QString::number(mean)));
  }
};

EQUIPOISE_TEST(TestDigitFacts)
#include "tst_digit_facts.moc"
