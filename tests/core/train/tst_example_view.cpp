#include <QTest>

#include <cmath>

#include "core/base/error.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::ExampleRequest;
using eq::train::MethodSpec;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

eq::train::Experiment wine() {
  return eq::train::experimentFromJson(json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"},
                         {"column": "alcohol", "kind": "number"}]},
    "tasks": [{"name": "cultivar", "loss": {"id": "cross_entropy"}},
              {"name": "alcohol", "loss": {"id": "mse"}, "metrics": [{"id": "mae"}]}],
    "model": {"id": "mlp", "hidden": [16], "dropout": 0.1},
    "optimizer": {"id": "adam", "lr": 0.01},
    "batch_size": 32, "epochs": 20, "threads": 2})"),
                                       eq::test::inSource("samples"));
}

void train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
}

}  // namespace

class TestExampleView : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(2); }

  void residualsAreTheMetricsErrors() {
    Trainer trainer(wine());
    train(trainer, 30);
    const auto view = trainer.examples({1, "residual", {{"mse"}, {"l1"}}});
    QCOMPARE(view.step, std::int64_t{30});
    double sum = 0;
    for (size_t i = 0; i < view.positions.size(); ++i) {
      sum += std::abs(view.positions[i]);
      QVERIFY(std::abs(view.pulls[0][i] - 2 * std::abs(view.positions[i])) < 1e-5);
      QCOMPARE(view.pulls[1][i], 1.0);
    }
    const double mae = trainer.evaluate(SplitName::validation).tasks[1].at("mae");
    QVERIFY(std::abs(sum / static_cast<double>(view.positions.size()) - mae) < 1e-5);
  }

  /// The cross-entropy is softplus(-M): its mean over the examples is the loss of the evaluation.
  void marginsAreTheLosses() {
    Trainer trainer(wine());
    train(trainer, 30);
    const auto view = trainer.examples({0, "margin", {}});
    double sum = 0;
    for (const double margin : view.positions) sum += std::log1p(std::exp(-margin));
    const double loss = trainer.evaluate(SplitName::validation).tasks[0].at("loss");
    QVERIFY(std::abs(sum / static_cast<double>(view.positions.size()) - loss) < 1e-5);
    QVERIFY(view.pulls.empty());
  }

  void lookingChangesNothing() {
    Trainer seen(wine()), unseen(wine());
    for (int i = 0; i < 20; ++i) {
      seen.examples({0, "margin", {{"focal"}, {"squentropy"}}});
      seen.step();
      unseen.step();
    }
    const auto a = seen.takeRecords(), b = unseen.takeRecords();
    for (size_t i = 0; i < a.size(); ++i) QCOMPARE(a[i].losses, b[i].losses);
  }

  void whatDoesNotFitIsSaid() {
    Trainer trainer(wine());
    const auto view = trainer.examples({0, "margin", {{"mse"}, {"focal"}}});
    QVERIFY(view.problems[0].find("does not fit the task cultivar") != std::string::npos);
    QVERIFY(view.pulls[0].empty());
    QVERIFY(view.problems[1].empty());
    QCOMPARE(view.pulls[1].size(), view.positions.size());
    QVERIFY_THROWS_EXCEPTION(eq::Error, trainer.examples({1, "margin", {}}));
    QVERIFY_THROWS_EXCEPTION(eq::Error, trainer.examples({2, "margin", {}}));
  }

  void picturesAreTheInputs() {
    Trainer trainer(wine());
    const auto pictures = trainer.pictures({0, 3});
    QCOMPARE(pictures.size(), size_t{2});
    QCOMPARE(pictures[1].index, std::int64_t{3});
    QCOMPARE(pictures[1].width, std::int64_t{0});
    QVERIFY(pictures[0].values != pictures[1].values);
    QVERIFY_THROWS_EXCEPTION(eq::Error, trainer.pictures({100000}));
  }
};

EQUIPOISE_TEST(TestExampleView)
#include "tst_example_view.moc"
