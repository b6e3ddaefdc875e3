#include <QTest>

#include "core/run/teacher.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::SplitName;
using eq::train::Trainer;

namespace {

eq::train::Experiment distillSample() {
  return eq::train::readExperiment(eq::test::inSource("samples/distill.json"));
}

std::unique_ptr<Trainer> trained(int steps) {
  auto trainer = eq::run::makeTrainer(distillSample());
  for (int i = 0; i < steps; ++i) trainer->step();
  return trainer;
}

}  // namespace

/// The sample whose teachers ship with it, as runs.
class TestDistill : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void whoIsTaughtEndsBetterThanWhoIsNot() {
    const auto trainer = trained(200);
    const auto found = trainer->evaluate(SplitName::validation).tasks;
    const auto& tasks = trainer->experiment().tasks;
    QCOMPARE(tasks.at(0).name, std::string("alone"));
    for (size_t k = 0; k < tasks.size(); ++k) {
      const double accuracy = found[k].at("accuracy"), alone = found[0].at("accuracy");
      qInfo("%s: accuracy %.4f, nll %.4f", tasks[k].name.c_str(), accuracy, found[k].at("nll"));
      QCOMPARE(tasks[k].teacher.empty(), k == 0);
      QVERIFY(accuracy > 0.7);
      if (tasks[k].name == "kd" || tasks[k].name == "dkd") QVERIFY(accuracy > alone + 0.03);
      if (tasks[k].name != "self" && k > 0) QVERIFY(found[k].at("nll") < found[0].at("nll"));
    }
  }

  void isTheSameToTheBitAtEveryStart() {
    QCOMPARE(trained(10)->takeRecords().back().losses, trained(10)->takeRecords().back().losses);
  }
};

EQUIPOISE_TEST(TestDistill)
#include "tst_distill.moc"
