#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>

#include <QTest>

#include <cmath>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss_bench.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::MethodSpec;
using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

const MethodSpec kCenterSum{
    "sum", {{"terms", {{{"id", "cross_entropy"}}, {{"id", "center"}, {"weight", 0.01}}}}}};

/// An ordinal and a class task on one trunk.
eq::train::Experiment wine() {
  return eq::train::experimentFromJson(json::parse(R"({
        "name": "wine",
        "data": {"id": "table", "path": "data/wine.csv",
                 "targets": [{"column": "cultivar", "kind": "ordinal", "name": "rank"},
                             {"column": "cultivar", "kind": "class", "name": "class"}]},
        "model": {"id": "mlp", "hidden": [16], "head_hidden": [8]},
        "optimizer": {"id": "adam", "lr": 0.01},
        "batch_size": 32, "epochs": 1000, "threads": 1, "conflict": {"every": 4}
      })"),
                                       eq::test::inSource("samples"));
}

std::vector<eq::train::StepRecord> train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.takeRecords();
}

bool sameLosses(const std::vector<eq::train::StepRecord>& a,
                const std::vector<eq::train::StepRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.losses == y.losses && x.weights == y.weights && x.terms.size() == y.terms.size() &&
           std::equal(x.terms.begin(), x.terms.end(), y.terms.begin(),
                      [](const auto& p, const auto& q) {
                        return p.task == q.task && p.name == q.name && p.value == q.value;
                      });
  });
}

}  // namespace

Q_DECLARE_METATYPE(MethodSpec)

/// Losses that read other heads than the usual one, or learn something with it.
class TestLearnedParts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void aSwapChangesOneHeadOnly() {
    Trainer trainer(wine());
    train(trainer, 7);
    const auto before = trainer.snapshot().tensors;
    trainer.apply(Command::setLoss(0, {"coral"}));
    const auto after = trainer.snapshot().tensors;
    QVERIFY(!after.contains("model.head.rank.linear-3.weight"));
    QVERIFY(after.contains("model.head.rank.coral-score-2.weight"));
    int kept = 0;
    for (const auto& [name, tensor] : before) {
      if (!name.starts_with("model.") || !after.contains(name)) continue;
      QVERIFY2(at::equal(tensor, after.at(name)), name.c_str());
      ++kept;
    }
    QCOMPARE(kept, 2 + 2 + 4);  // the trunk, this head's hidden layer, the other head
    // Adam goes on for trunk and the other head, and begins anew for this one.
    QCOMPARE(after.at("optimizer.steps.trunk").item<double>(), 7.0);
    QCOMPARE(after.at("optimizer.steps.head.rank").item<double>(), 0.0);
    QCOMPARE(after.at("optimizer.steps.head.class").item<double>(), 7.0);
  }

  void aRefusedSwapChangesNothing() {
    Trainer trainer(wine()), untouched(wine());
    train(trainer, 3);
    train(untouched, 3);
    QVERIFY_THROWS_EXCEPTION(
        eq::Error, trainer.apply(Command::setLoss(0, {"coral", {{"importance", {1, 2, 3}}}})));
    QVERIFY(sameLosses(train(trainer, 3), train(untouched, 3)));
  }

  void resumesBitForBitAfterSwaps_data() {
    QTest::addColumn<int>("task");
    QTest::addColumn<MethodSpec>("loss");
    QTest::newRow("coral") << 0 << MethodSpec{"coral"};
    QTest::newRow("cumulative link") << 0 << MethodSpec{"cumulative_link"};
    QTest::newRow("presto") << 0 << MethodSpec{"presto"};
    QTest::newRow("arcface") << 1 << MethodSpec{"arcface", {{"scale", 8}}};
    QTest::newRow("center") << 1 << MethodSpec{"center"};
    QTest::newRow("with center") << 1 << kCenterSum;
  }
  void resumesBitForBitAfterSwaps() {
    QFETCH(int, task);
    QFETCH(MethodSpec, loss);
    Trainer whole(wine());
    train(whole, 5);
    whole.apply(Command::setLoss(task, loss));
    train(whole, 5);
    const auto snapshot = whole.snapshot();
    const auto rest = train(whole, 9);
    Trainer resumed(whole.experiment());
    resumed.restore(snapshot);
    QVERIFY(sameLosses(rest, train(resumed, 9)));
  }

  void learnsWhatIsLearned_data() {
    QTest::addColumn<int>("task");
    QTest::addColumn<MethodSpec>("loss");
    QTest::addColumn<QString>("parameter");
    QTest::newRow("centres") << 1 << kCenterSum << "head.class.centers";
    QTest::newRow("class vectors")
        << 1 << MethodSpec{"cosface", {{"scale", 8}}} << "head.class.cosines-3.vectors";
    QTest::newRow("thresholds") << 0 << MethodSpec{"cumulative_link"} << "head.rank.thresholds";
  }
  void learnsWhatIsLearned() {
    QFETCH(int, task);
    QFETCH(MethodSpec, loss);
    QFETCH(QString, parameter);
    Trainer trainer(wine());
    trainer.apply(Command::setLoss(task, loss));
    const auto name = "model." + parameter.toStdString();
    const auto before = trainer.snapshot().tensors.at(name);
    train(trainer, 3);
    QVERIFY(!at::equal(before, trainer.snapshot().tensors.at(name)));
  }

  void partsAddUpToTheLoss() {
    Trainer trainer(wine());
    trainer.apply(Command::setLoss(0, {"presto", {{"lambda", 0.1}}}));
    trainer.apply(Command::setLoss(1, kCenterSum));
    for (const auto& record : train(trainer, 4)) {
      QCOMPARE(record.terms.size(), size_t{4});
      QCOMPARE(record.terms[1].name, std::string("penalty"));
      QCOMPARE(record.terms[2].name, std::string("cross_entropy"));
      for (size_t k = 0; k < 2; ++k) {
        QCOMPARE(record.terms[2 * k].task, static_cast<std::int64_t>(k));
        const double sum = record.terms[2 * k].value + record.terms[2 * k + 1].value;
        QVERIFY(std::abs(sum - record.losses[k]) < 1e-6 * std::abs(sum));
      }
    }
    trainer.apply(Command::setLoss(0, {"coral"}));
    QCOMPARE(train(trainer, 1)[0].terms.size(), size_t{2});
  }

  void ranksAreDecodedForMetrics_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"or_cnn", "coral", "corn", "cumulative_link", "presto"})
      QTest::newRow(id) << id;
  }
  /// Easy data: whoever reads the head rightly gets nearly all of them right.
  void ranksAreDecodedForMetrics() {
    QFETCH(QString, id);
    auto experiment = wine();
    experiment.tasks = {{"rank", {id.toStdString()}, 1, true, {}}};
    Trainer trainer(experiment);
    train(trainer, 200);
    QVERIFY(trainer.evaluate(SplitName::validation).tasks[0].at("accuracy") > 0.9);
  }

  /// What a run may train with is read off the catalog, before there is a loss to ask.
  void theCatalogSaysWhatIsLearned_data() {
    QTest::addColumn<QString>("id");
    for (const auto* descriptor : eq::loss::catalog().descriptors())
      if (descriptor->id != "torchscript")  // needs a file
        QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
  }
  void theCatalogSaysWhatIsLearned() {
    QFETCH(QString, id);
    if (id == "binned_wasserstein") QSKIP("has no readout without bins");
    const eq::loss::LossBenchSpec small{{}, 8, 4, 1, 1};
    const auto sampled = eq::loss::sampleLoss(id.toStdString(), small);
    std::vector<std::string> learned;
    const std::int64_t width = id == "normal_cosine" ? 3 : 4;
    const eq::TaskInfo task{"t", eq::TaskKind::classification, width, {}, {}, {}};
    for (const auto& readout : sampled.loss->readouts(task))
      for (const auto& field : readout.fields) learned.push_back(field.field);
    const auto& traits = eq::loss::catalog().descriptor(id.toStdString()).traits;
    QVERIFY(traits.value("learned", std::vector<std::string>()) == learned);
  }

  void embeddingsHaveNoAccuracy() {
    auto experiment = wine();
    experiment.tasks = {{"class", {"supcon"}, 1, true, {{"accuracy"}, {"hit_rate_at_k"}}}};
    Trainer trainer(experiment);
    train(trainer, 100);
    const auto values = trainer.evaluate(SplitName::validation).tasks[0];
    QVERIFY(std::isnan(values.at("accuracy")));
    QVERIFY(values.at("hit_rate_at_k") > 0.9);
  }
};

EQUIPOISE_TEST(TestLearnedParts)
#include "tst_learned_parts.moc"
