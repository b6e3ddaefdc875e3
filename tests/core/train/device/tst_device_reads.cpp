#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>

#include <QTest>

#include "core/balance/catalog.h"
#include "core/train/device.h"
#include "tests/balancers.h"
#include "tests/core/train/scheme_support.h"

using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr int kSteps = 4;

std::unique_ptr<Trainer> onDevice(const json& changes) {
  auto experiment = eq::test::schemeExperiment(changes);
  experiment.device = "pretend";
  return std::make_unique<Trainer>(experiment, eq::test::schemeProblem());
}

/// What a step reads from the device, the mean over steps after the first.
double readsAStep(Trainer& trainer) {
  trainer.step();
  eq::test::takeDeviceReads();
  for (int i = 0; i < kSteps; ++i) trainer.step();
  return static_cast<double>(eq::test::takeDeviceReads().size()) / kSteps;
}

}  // namespace

/// On a device, every read waits for all work before it. A step reads what its balancer computes
/// with on the host, in one copy, and nothing to record it.
class TestDeviceReads : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    eq::test::registerPretendDevice();
    eq::train::useThreads(1);
  }

  void theDeviceIsKnown() {
    QVERIFY((eq::train::availableDevices() == std::vector<std::string>{"cpu", "pretend:0"}));
    QCOMPARE(eq::train::deviceProblem("pretend"), std::string());
    QVERIFY(eq::train::deviceProblem("pretend:1")
                .starts_with("device: pretend:1 is not there; available: cpu, pretend:0"));
  }

  void tensorsDoNotMix() {
    const auto here = at::ones({2}), there = here.to(at::Device("pretend:0"));
    eq::test::takeDeviceReads();
    QVERIFY_THROWS_EXCEPTION(c10::Error, here + there);
    QVERIFY((there + 1).to(at::kCPU).equal(here + 1));
    QCOMPARE(eq::test::takeDeviceReads().size(), size_t(1));
  }

  void aStepReadsOnceAtMost_data() {
    QTest::addColumn<QString>("balancer");
    for (const auto* descriptor : eq::balance::allDescriptors())
      if (eq::test::fewestTasks(descriptor->id) <= 3 && descriptor->id != "dtp")
        QTest::addRow("%s", descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void aStepReadsOnceAtMost() {
    QFETCH(QString, balancer);
    const auto id = balancer.toStdString();
    auto method = eq::test::neededParams(id, 3);
    method["id"] = id;
    const bool weighs = eq::balance::weightings().contains(id);
    const auto trainer = onDevice({{"balancer", {{weighs ? "weighting" : "gradient", method}}}});
    const double reads = readsAStep(*trainer);
    QVERIFY2(reads <= 1, qPrintable(QString("%1 reads a step").arg(reads)));
  }

  void conflictThatIsShownCostsNoRead() {
    const auto trainer = onDevice({{"conflict", {{"every", 1}}}});
    QCOMPARE(readsAStep(*trainer), 0.0);
    for (const auto& record : trainer->takeRecords()) QVERIFY(record.conflict.has_value());
  }
};

EQUIPOISE_TEST(TestDeviceReads)
#include "tst_device_reads.moc"
