#include <QTest>

#include "core/train/step_bench.h"
#include "tests/core/train/scheme_support.h"

using eq::test::errorOf;
using namespace eq::train;

namespace {

StepBenchSpec shortBench(MethodSpec model) {
  StepBenchSpec spec;
  spec.model = std::move(model);
  spec.batch = 4;
  spec.rounds = 2;
  spec.methods = {"equal", "pcgrad"};
  return spec;
}

}  // namespace

class TestStepBench : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  /// Every subject was timed: one that cannot train has a problem and no time.
  void timesAnyModelBesideItself_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    QTest::newRow("experts") << "mmoe"
                             << R"({"hidden": [8, 4]})";
    QTest::newRow("several places") << "multimodn"
                                    << "{}";
    QTest::newRow("images") << "cross_stitch"
                            << R"({"base": "cnn", "channels": [2], "hidden": [4]})";
    QTest::newRow("plain") << "cnn"
                           << "{}";
  }
  void timesAnyModelBesideItself() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    const auto spec = shortBench({id.toStdString(), nlohmann::json::parse(params.toStdString())});
    const auto rows = benchSteps(spec);
    std::vector<std::string> methods;
    for (const auto& row : rows) {
      methods.push_back(row.method);
      QCOMPARE(row.problem, std::string());
      QVERIFY(row.minMs > 0);
      QVERIFY(row.ratio > 0);
    }
    QVERIFY(methods == (std::vector<std::string>{"bare", "loop", "equal", "pcgrad"}));
  }

  void saysWhatCannotTrain() {
    const auto rows = benchSteps(shortBench({"single_task", {{"hidden", {8}}}}));
    QCOMPARE(rows.size(), size_t{4});
    for (size_t i = 0; i < 3; ++i) QVERIFY(rows[i].minMs > 0);
    QVERIFY2(rows[3].problem.starts_with("balancer.gradient.id: "), rows[3].problem.c_str());
  }

  void namesTheParametersOfTheModel() {
    const auto error = errorOf([] { benchSteps(shortBench({"mmoe", {{"expert", 3}}})); });
    QVERIFY2(error.starts_with("--params.expert: unknown parameter"), error.c_str());
  }
};

EQUIPOISE_TEST(TestStepBench)
#include "tst_step_bench.moc"
