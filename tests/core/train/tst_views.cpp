#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <QTest>

#include <cmath>

#include "core/base/error.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

/// A class task beside one that learns features.
eq::train::Experiment wine(const char* loss, const json& fields = json::object()) {
  return eq::train::experimentFromJson(
      {{"name", "wine"},
       {"data",
        {{"id", "table"},
         {"path", "data/wine.csv"},
         {"targets",
          {{{"column", "cultivar"}, {"kind", "class"}},
           {{"column", "alcohol"}, {"kind", "number"}, {"name", "look"}, {"fields", fields}}}}}},
       {"model", {{"id", "mlp"}, {"hidden", {16, 3}}, {"activation", "tanh"}}},
       {"tasks",
        {{{"name", "cultivar"}, {"loss", {{"id", "cross_entropy"}}}},
         {{"name", "look"}, {"loss", {{"id", loss}}}}}},
       {"optimizer", {{"id", "adam"}, {"lr", 0.01}}},
       {"batch_size", 48},
       {"epochs", 1000},
       {"threads", 1},
       {"conflict", {{"every", 1}}}},
      eq::test::inSource("samples"));
}

std::vector<eq::train::StepRecord> train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.takeRecords();
}

}  // namespace

/// Losses of two views of an example in a run.
class TestViews : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// The other task sees the examples as they are.
  void otherTasksSeeNoView() {
    Trainer with(wine("info_nce")), without(wine("mse"));
    const auto a = train(with, 1), b = train(without, 1);
    QVERIFY(std::abs(a[0].losses[0] - b[0].losses[0]) < 1e-6);
    const auto c = with.evaluate(SplitName::test), d = without.evaluate(SplitName::test);
    QVERIFY(std::isfinite(c.tasks[1].at("loss")));
    QVERIFY(std::isnan(c.tasks[1].at("mae")));  // features are no numbers to compare
    QCOMPARE(c.tasks[0].size(), d.tasks[0].size());
  }

  /// A view is drawn anew at each step, and the same one at each evaluation.
  void viewsDependOnTheStepAlone() {
    Trainer first(wine("nt_xent")), second(wine("nt_xent"));
    const auto a = train(first, 4);
    train(second, 2);
    const auto snapshot = second.snapshot();
    Trainer third(wine("nt_xent"));
    third.restore(snapshot);
    QCOMPARE(third.evaluate(SplitName::validation).tasks[1].at("loss"),
             second.evaluate(SplitName::validation).tasks[1].at("loss"));
    const auto b = train(third, 2);
    QCOMPARE(b[0].losses, a[2].losses);
    QCOMPARE(b[1].losses, a[3].losses);
    QVERIFY(b[0].losses != b[1].losses);
  }

  void theirGradientsCountAmongTheConflicts() {
    Trainer trainer(wine("barlow_twins"));
    const auto records = train(trainer, 3);
    for (const auto& record : records) {
      QVERIFY(record.conflict);
      QVERIFY(record.conflict->norms[1] > 0);
      QVERIFY(std::isfinite(record.conflict->cosines[1]));
    }
  }

  /// Pairs that the data bring are the loss's pairs; the batch has no second half then.
  void dataMayBringThePairs() {
    const json fields{{"pair", {"malic_acid", "ash", "hue"}}};
    Trainer trainer(wine("cwcl", fields));
    const double before = trainer.evaluate(SplitName::train).tasks[1].at("loss");
    train(trainer, 60);
    QVERIFY(trainer.evaluate(SplitName::train).tasks[1].at("loss") < before);
    // Two columns do not fit features of three numbers.
    QVERIFY_THROWS_EXCEPTION(eq::Error, Trainer(wine("cwcl", {{"pair", {"ash", "hue"}}})));
  }

  void swapsIntoAndOutOfViews() {
    Trainer trainer(wine("mse"));
    for (const char* id : {"simsiam", "l1", "align_uniform", "margin_ranking", "mse"}) {
      trainer.apply(Command::setLoss(1, {id}));
      for (const auto& record : train(trainer, 3)) QVERIFY2(std::isfinite(record.losses[1]), id);
      QVERIFY(std::isfinite(trainer.evaluate(SplitName::validation).tasks[1].at("loss")));
    }
  }

  void aTermOfASumMayReadThem() {
    Trainer trainer(wine("mse"));
    trainer.apply(Command::setLoss(
        1, {"sum", {{"terms", {{{"id", "mse"}}, {{"id", "info_nce"}, {"weight", 0.1}}}}}}));
    for (const auto& record : train(trainer, 3)) {
      QCOMPARE(record.terms.size(), size_t{2});
      QVERIFY(record.terms[1].value > 0);
    }
    QVERIFY(std::isfinite(trainer.evaluate(SplitName::test).tasks[1].at("mae")));
  }

  /// Also where another term before or behind it reads the same features alone.
  void termsOfOneLayerShareIt_data() {
    QTest::addColumn<bool>("viewsFirst");
    QTest::newRow("views first") << true;
    QTest::newRow("views last") << false;
  }
  void termsOfOneLayerShareIt() {
    QFETCH(bool, viewsFirst);
    json terms{{{"id", "supcon"}}, {{"id", "info_nce"}}};
    if (viewsFirst) std::swap(terms[0], terms[1]);
    Trainer trainer(wine("mse"));
    trainer.apply(Command::setLoss(0, {"sum", {{"terms", terms}}}));
    for (const auto& record : train(trainer, 3)) {
      QCOMPARE(record.terms.size(), size_t{2});
      for (const auto& term : record.terms) QVERIFY(term.value > 0);
    }
  }
};

EQUIPOISE_TEST(TestViews)
#include "tst_views.moc"
