#include "core/data/noisy_labels.h"

#include "dataset_support.h"

#include <QTest>

#include "reader_support.h"
#include "tests/registry.h"

using eq::data::LabelNoise;

namespace {

using Labels = std::vector<std::int64_t>;

Labels manyLabels() {
  Labels labels;
  for (std::int64_t i = 0; i < 9000; ++i) labels.push_back(i % 10);
  return labels;
}

std::int64_t differences(const Labels& a, const Labels& b) {
  std::int64_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
  return count;
}

const at::Tensor& clean(const eq::data::Split& split, size_t task = 0) {
  return split.fields.at(task).at(eq::data::kCleanLabel);
}

std::int64_t flips(const eq::data::Split& split) {
  return (split.targets[0] != clean(split)).sum().item<std::int64_t>();
}

}  // namespace

class TestNoisyLabels : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void flipsExactlyTheStatedShare() {
    const auto labels = manyLabels();
    for (const auto noise : {LabelNoise::symmetric, LabelNoise::pair})
      for (const auto& [rate, expected] :
           {std::pair(0.0, 0), std::pair(0.4, 3600), std::pair(1.0, 9000)})
        QCOMPARE(differences(labels, eq::data::flipped(labels, 10, noise, rate, 3)),
                 std::int64_t{expected});
    QCOMPARE(differences({0, 1, 2}, eq::data::flipped({0, 1, 2}, 3, LabelNoise::pair, 0.5, 1)),
             std::int64_t{2});
  }

  void symmetricNoiseFavoursNoClass() {
    const auto labels = manyLabels();
    const auto noisy = eq::data::flipped(labels, 10, LabelNoise::symmetric, 1, 5);
    std::vector<double> steps(10);
    for (size_t i = 0; i < labels.size(); ++i)
      ++steps[static_cast<size_t>((noisy[i] - labels[i] + 10) % 10)];
    QCOMPARE(steps[0], 0.0);
    for (size_t by = 1; by < 10; ++by)  // 1000 each, standard deviation 30
      QVERIFY2(std::abs(steps[by] - 1000) < 130, qPrintable(QString::number(steps[by])));
  }

  void pairNoiseGoesToTheNextClass() {
    const Labels labels{0, 4, 9};
    QCOMPARE(eq::data::flipped(labels, 10, LabelNoise::pair, 1, 5), (Labels{1, 5, 0}));
  }

  void testLabelsAreRightAndValidationAsAsked() {
    for (const bool noisy : {false, true}) {
      const auto problem =
          loadData("noisy_labels", {{"rate", 0.3}, {"validation", noisy ? "noisy" : "clean"}});
      QCOMPARE(flips(problem.train), std::int64_t{377});  // 0.3 · 1257 = 377.1
      QCOMPARE(flips(problem.validation), std::int64_t{noisy ? 81 : 0});
      QCOMPARE(flips(problem.test), std::int64_t{0});
    }
  }

  void keepsTheLabelsThatWereFlipped() {
    const auto problem = loadData("noisy_labels", {{"tasks", {"a", "b"}}});
    const auto facts = loadData("digit_facts");
    QVERIFY(problem.train.inputs.equal(facts.train.inputs));
    for (size_t k = 0; k < 2; ++k) {
      QVERIFY(clean(problem.train, k).equal(facts.train.targets[0]));
      QVERIFY(clean(problem.validation, k).equal(facts.validation.targets[0]));
      QVERIFY(problem.train.targets[k].equal(problem.train.targets[0]));
    }
  }

  void theRateDoesNotChangeWhichImagesThereAre() {
    const auto none = loadData("noisy_labels", {{"rate", 0}, {"train", 200}});
    const auto some = loadData("noisy_labels", {{"rate", 0.5}, {"train", 200}, {"noise", "pair"}});
    QVERIFY(none.train.inputs.equal(some.train.inputs));
    QCOMPARE(flips(none.train), std::int64_t{0});
    QCOMPARE(flips(some.train), std::int64_t{100});
  }
};

EQUIPOISE_TEST(TestNoisyLabels)
#include "tst_noisy_labels.moc"
