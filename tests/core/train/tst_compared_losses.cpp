#include <ATen/core/Tensor.h>

#include <QTest>

#include <algorithm>
#include <map>

#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::train::SplitName;
using eq::train::Trainer;
using nlohmann::json;

namespace {

/// The sample with some of its tasks alone, and other data parameters where given.
eq::train::Experiment sampleOf(const std::string& file, const std::vector<std::string>& tasks,
                               const std::vector<std::string>& settings = {}) {
  auto experiment = eq::train::readExperiment(eq::test::inSource("samples/") + file);
  std::erase_if(experiment.tasks, [&](const auto& task) {
    return std::find(tasks.begin(), tasks.end(), task.name) == tasks.end();
  });
  for (const auto& setting : settings) experiment = eq::train::withSetting(experiment, setting);
  return experiment;
}

using Metrics = std::map<std::string, std::map<std::string, double>>;

Metrics metricsOf(Trainer& trainer, SplitName split) {
  const auto found = trainer.evaluate(split).tasks;
  Metrics metrics;
  for (size_t k = 0; k < found.size(); ++k) metrics[trainer.experiment().tasks[k].name] = found[k];
  for (const auto& [task, values] : metrics)
    for (const auto& [metric, value] : values)
      qInfo("%s %s: %.4g", task.c_str(), metric.c_str(), value);
  return metrics;
}

Metrics trained(const eq::train::Experiment& experiment, int steps, SplitName split) {
  eq::train::useThreads(1);
  Trainer trainer(experiment);
  for (int i = 0; i < steps; ++i) trainer.step();
  return metricsOf(trainer, split);
}

using Tensors = std::map<std::string, at::Tensor>;

Tensors after(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.snapshot().tensors;
}

bool same(const Tensors& a, const Tensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.equal(y.second);
  });
}

}  // namespace

/// Problems that compare families of losses show what they are there for.
class TestComparedLosses : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { eq::train::useThreads(1); }

  /// Weights that undo the position find what people click and buy, and how often.
  void funnelNeedsItsWeights() {
    auto found =
        trained(sampleOf("funnel.json", {"unweighted", "weighted", "bought", "bought_weighted"}),
                150, SplitName::test);
    auto &without = found["unweighted"], &with = found["weighted"];
    QVERIFY(with["auroc"] > without["auroc"] + 0.02);
    QVERIFY(with["ndcg"] > without["ndcg"] + 0.01);
    QVERIFY(with["ece"] < without["ece"] / 2);
    QVERIFY(found["bought_weighted"]["auroc"] > found["bought"]["auroc"] + 0.02);
  }

  /// Embeddings find their like better than pixels do, and captions in all languages.
  void retrievalLearnsFromLabelsAndCaptions() {
    const auto experiment = sampleOf("digit-retrieval.json", {"supcon", "arcface", "one_to_k"});
    Trainer untrained(experiment);
    auto before = metricsOf(untrained, SplitName::test);
    auto found = trained(experiment, 200, SplitName::test);
    for (const char* task : {"supcon", "arcface"})
      for (const char* metric : {"hit_rate_at_k", "embedding_mrr"})
        QVERIFY(found[task][metric] > before[task][metric]);
    QVERIFY(found["one_to_k"]["text_mrr"] > 2 * before["one_to_k"]["text_mrr"]);
  }

  /// A linear layer reads digits better from embeddings that never saw a label than from untrained
  /// ones, and worse from collapsed ones.
  void aProbeTellsWhatViewsTaught() {
    const auto experiment = sampleOf("two-views.json", {"info_nce", "ccsl"});
    Trainer untrained(experiment);
    auto before = metricsOf(untrained, SplitName::test);
    auto found = trained(experiment, 250, SplitName::test);
    const auto gain = [&](const char* task) {
      return found[task]["linear_probe"] - before[task]["linear_probe"];
    };
    QVERIFY(gain("info_nce") > 0.03);
    QVERIFY(gain("ccsl") < -0.1);
  }

  void repeatsAndResumesBitForBit_data() {
    QTest::addColumn<QString>("file");
    for (const char* file : {"funnel.json", "digit-retrieval.json", "two-views.json"})
      QTest::newRow(file) << file;
  }
  void repeatsAndResumesBitForBit() {
    QFETCH(QString, file);
    const auto experiment =
        eq::train::readExperiment(eq::test::inSource("samples/") + file.toStdString());
    Trainer whole(experiment), again(experiment), resumed(experiment);
    after(whole, 3);
    resumed.restore(whole.snapshot());
    const auto expected = after(whole, 3);
    QVERIFY(same(after(again, 6), expected));
    QVERIFY(same(after(resumed, 3), expected));
  }
};

EQUIPOISE_TEST(TestComparedLosses)
#include "tst_compared_losses.moc"
