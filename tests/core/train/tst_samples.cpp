#include <cmath>

#include <ATen/core/Tensor.h>

#include <QDir>
#include <QTest>

#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::SplitName;

/// The experiments that ship: each one trains and ends better than it began.
class TestSamples : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void endsBetterThanItBegan_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("setting");  // makes the sample small
    QTest::addColumn<int>("steps");
    QTest::newRow("two-valleys") << "two-valleys.json"
                                 << "" << 1500;
    QTest::newRow("two-digits") << "two-digits.json"
                                << "data.train_pairs=4000" << 60;
    QTest::newRow("digit-facts") << "digit-facts.json"
                                 << "" << 200;
    QTest::newRow("digit-pixels") << "digit-pixels.json"
                                  << "data.train_pairs=2000" << 40;
    QTest::newRow("ordered-digits") << "ordered-digits.json"
                                    << "" << 100;
    QTest::newRow("long-tailed-digits") << "long-tailed-digits.json"
                                        << "" << 100;
    QTest::newRow("noisy-labels") << "noisy-labels.json"
                                  << "" << 100;
    QTest::newRow("tokenised-series") << "tokenised-series.json"
                                      << "" << 100;
    QTest::newRow("shifted") << "shifted.json"
                             << "" << 100;
    QTest::newRow("funnel") << "funnel.json"
                            << "" << 60;
    QTest::newRow("robust-digits") << "robust-digits.json"
                                   << "" << 40;
    QTest::newRow("digit-retrieval") << "digit-retrieval.json"
                                     << "" << 100;
    QTest::newRow("two-views") << "two-views.json"
                               << "" << 60;
    QTest::newRow("scale-imbalance") << "scale-imbalance.json"
                                     << "" << 100;
    QTest::newRow("rooms") << "rooms.json"
                           << "data.train=48" << 12;
    QTest::newRow("table") << "table.json"
                           << "" << 200;
  }
  void endsBetterThanItBegan() {
    QFETCH(QString, file);
    QFETCH(QString, setting);
    QFETCH(int, steps);
    auto experiment =
        eq::train::readExperiment(eq::test::inSource("samples/") + file.toStdString());
    if (!setting.isEmpty()) experiment = eq::train::withSetting(experiment, setting.toStdString());
    eq::train::useThreads(1);
    eq::train::Trainer trainer(experiment);
    const auto before = trainer.evaluate(SplitName::validation);
    for (int i = 0; i < steps; ++i) trainer.step();
    const auto after = trainer.evaluate(SplitName::validation);
    QCOMPARE(after.tasks.size(), before.tasks.size());
    double gain = 0;  // of losses that may be negative
    for (size_t k = 0; k < after.tasks.size(); ++k) {
      const double first = before.tasks[k].at("loss");
      const double last = after.tasks[k].at("loss");
      qInfo("task %zu: %g -> %g", k, first, last);
      gain += (first - last) / std::abs(first) / static_cast<double>(after.tasks.size());
    }
    QVERIFY2(gain > 0, qPrintable(QString::number(gain)));
  }

  /// The sample with teachers: core/run/tst_distill.cpp.
  void everyFileIsTested() {
    const QDir samples(QString::fromStdString(eq::test::inSource("samples")));
    QCOMPARE(samples.entryList({"*.json"}, QDir::Files).size(), 17);
  }
};

EQUIPOISE_TEST(TestSamples)
#include "tst_samples.moc"
