#include "core/model/structure/similarity.h"

#include <QTest>

#include <cmath>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

using Groups = std::vector<std::vector<size_t>>;

at::Tensor similarityOf(const std::vector<double>& numbers, std::int64_t tasks) {
  return at::tensor(numbers, at::kDouble).view({tasks, tasks});
}

}  // namespace

class TestSimilarity : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// ‖YᵀX‖²/(‖XᵀX‖ ‖YᵀY‖) as it is written, of more and of fewer features than examples.
  void ckaIsThatOfTheFormula() {
    for (const std::int64_t examples : {5, 40}) {
      const auto x = normal({examples, 7}, 1), y = normal({examples, 3, 4}, 2);
      const auto centred = [](const at::Tensor& some) {
        const auto rows = some.flatten(1).to(at::kDouble);
        return rows - rows.mean(0, true);
      };
      const auto a = centred(x), b = centred(y);
      const double expected =
          (b.t().mm(a).square().sum() / (a.t().mm(a).norm() * b.t().mm(b).norm())).item<double>();
      const auto found = linearCka({x, y});
      QVERIFY(std::abs(found[0][1].item<double>() - expected) < 1e-12);
      QVERIFY(std::abs(found[1][0].item<double>() - expected) < 1e-12);
      QVERIFY(std::abs(found[1][1].item<double>() - 1) < 1e-12);
    }
  }

  void ckaKnowsNoRotationScaleOrShift() {
    const auto x = normal({9, 3}, 1);
    const auto turned = at::stack({x.select(1, 2), x.select(1, 0), x.select(1, 1)}, 1) * 5 + 2;
    QVERIFY(std::abs(linearCka({x, turned})[0][1].item<double>() - 1) < 1e-6);
    QVERIFY(std::isnan(linearCka({x, at::zeros({9, 2})})[0][1].item<double>()));
  }

  void groupsAreThoseOfAverageLinkage() {
    const auto alike = similarityOf({1, 0.9, 0.6, 0.1,  //
                                     0.9, 1, 0.8, 0.1,  //
                                     0.6, 0.8, 1, 0.1,  //
                                     0.1, 0.1, 0.1, 1},
                                    4);
    const auto at = [&](double threshold) { return groupsAlike(alike, {0, 1, 2, 3}, threshold); };
    QCOMPARE(at(0.95), (Groups{{0}, {1}, {2}, {3}}));
    QCOMPARE(at(0.9), (Groups{{0, 1}, {2}, {3}}));
    QCOMPARE(at(0.71), (Groups{{0, 1}, {2}, {3}}));  // 2 is 0.7 alike to both on the mean
    QCOMPARE(at(0.7), (Groups{{0, 1, 2}, {3}}));
    QCOMPARE(at(0.1), (Groups{{0, 1, 2, 3}}));
    // Of some of them.
    QCOMPARE(groupsAlike(alike, {1, 2}, 0.8), (Groups{{1, 2}}));
    QCOMPARE(groupsAlike(alike, {3}, 0), (Groups{{3}}));
  }

  void nothingIsAlikeToWhatDoesNotVary() {
    const double none = std::nan("");
    QCOMPARE(groupsAlike(similarityOf({none, none, none, 1}, 2), {0, 1}, 0), (Groups{{0}, {1}}));
  }
};

EQUIPOISE_TEST(TestSimilarity)
#include "tst_similarity.moc"
