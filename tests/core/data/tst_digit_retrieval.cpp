#include "core/data/digit_retrieval.h"

#include "core/data/compared/captions.h"
#include "core/data/digit_images.h"
#include "dataset_support.h"

#include <QTest>

#include "tests/registry.h"

namespace {

const at::Tensor& texts(const eq::data::Split& split, size_t task = 0) {
  return split.fields.at(task).at("texts");
}

double largest(const at::Tensor& values) {
  return values.abs().max().item<double>();
}

/// How often the caption most like an image's own in the first language is one of its digit.
double shareOfOwnDigit(const at::Tensor& captions, const at::Tensor& labels,
                       std::int64_t language) {
  auto similarity = captions.select(1, language).mm(captions.select(1, language).t());
  similarity.fill_diagonal_(-1);
  const auto found = labels.index_select(0, similarity.argmax(1));
  return (found == labels).to(at::kDouble).mean().item<double>();
}

}  // namespace

class TestDigitRetrieval : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void hasDigitsAndCaptions() {
    const auto facts = loadData("digit_facts");
    const auto problem = loadData("digit_retrieval", {{"tasks", {"a", "b"}}, {"languages", 3}});
    QVERIFY(problem.train.inputs.equal(facts.train.inputs));
    for (size_t k = 0; k < 2; ++k) {
      QCOMPARE(problem.tasks[k].fields, std::vector<std::string>{"texts"});
      QVERIFY(problem.test.targets[k].equal(facts.test.targets[0]));
      QCOMPARE(texts(problem.train, k).sizes().vec(), (std::vector<std::int64_t>{1257, 3, 32}));
      QVERIFY(texts(problem.train, k).is_same(texts(problem.train)));
    }
    QVERIFY(loadData("two_views").tasks[0].fields.empty());
    QVERIFY(loadData("two_views").train.inputs.equal(facts.train.inputs));
  }

  void captionsAreUnitVectorsWithoutNegativeEntries() {
    for (const double noise : {0.0, 1.0, 5.0}) {
      const auto found = texts(loadData("digit_retrieval", {{"noise", noise}}).validation);
      QVERIFY(found.min().item<double>() >= 0);
      QVERIFY(largest(found.norm(2, 2) - 1) < 1e-5);
    }
  }

  void withoutNoiseLanguagesSayTheSame() {
    const auto same = texts(loadData("digit_retrieval", {{"noise", 0}}).test);
    for (int k = 1; k < 4; ++k) QVERIFY(same.select(1, k).equal(same.select(1, 0)));
    const auto labels = loadData("digit_retrieval").test.targets[0];
    QVERIFY(shareOfOwnDigit(same, labels, 0) > 0.99);
    // The last language is understood worst.
    const auto noisy = texts(loadData("digit_retrieval", {{"noise", 2}}).test);
    QVERIFY(shareOfOwnDigit(noisy, labels, 3) < shareOfOwnDigit(noisy, labels, 0));
  }

  /// Captions of one digit differ where the images do.
  void captionsTellImagesOfADigitApart() {
    const auto problem = loadData("digit_retrieval", {{"noise", 0}});
    const auto first = texts(problem.train).select(1, 0);
    auto similarity = first.mm(first.t());
    similarity.fill_diagonal_(-1);
    QVERIFY(similarity.max().item<double>() < 1 - 1e-6);
  }

  void oneEncoderReadsAllParts() {
    const auto images = eq::data::shippedDigits(1).test;
    const auto a = eq::data::captions(images, 2, 8, 0, 5, 0);
    QVERIFY(a.equal(eq::data::captions(images, 2, 8, 0, 5, 1)));
    QVERIFY(!a.equal(eq::data::captions(images, 2, 8, 0, 6, 0)));
    const auto noisy = eq::data::captions(images, 2, 8, 1, 5, 0);
    QVERIFY(noisy.equal(eq::data::captions(images, 2, 8, 1, 5, 0)));
    QVERIFY(!noisy.equal(eq::data::captions(images, 2, 8, 1, 5, 1)));
  }

  void fewerImagesKeepTheirCaptions() {
    const auto all = loadData("digit_retrieval"),
               some = loadData("digit_retrieval", {{"train", 50}});
    QVERIFY(texts(some.train).equal(texts(all.train).narrow(0, 0, 50)));
    QVERIFY(texts(some.test).equal(texts(all.test)));
  }
};

EQUIPOISE_TEST(TestDigitRetrieval)
#include "tst_digit_retrieval.moc"
