#include <QtTest>

#include <cmath>
#include <vector>

#include "core/base/dendrogram.h"
#include "tests/registry.h"

using namespace eq;

class TestDendrogram : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theWorkedExampleOfTheSheet() {
    // relations.md, section 8: (0,1,1,2), (2,3,2,2), (4,5,4.5,4).
    const std::vector<double> distances{0, 1, 4, 5, 1, 0, 3, 6, 4, 3, 0, 2, 5, 6, 2, 0};
    const auto merges = dendrogram(distances, 4);
    const std::vector<Merge> expected{{0, 1, 1, 2}, {2, 3, 2, 2}, {4, 5, 4.5, 4}};
    QCOMPARE(merges.size(), expected.size());
    for (std::size_t i = 0; i < merges.size(); ++i) {
      QCOMPARE(merges[i].a, expected[i].a);
      QCOMPARE(merges[i].b, expected[i].b);
      QCOMPARE(merges[i].height, expected[i].height);
      QCOMPARE(merges[i].size, expected[i].size);
    }
    QCOMPARE(leafOrder(merges, 4), (std::vector<std::size_t>{0, 1, 2, 3}));
  }

  void clustersStandTogetherWhateverTheOrderGiven() {
    // Odd things are near each other, even ones are, and the two groups lie far apart.
    const std::size_t count = 7;
    std::vector<double> distances(count * count, 0);
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < count; ++j) distances[i * count + j] = i % 2 == j % 2 ? 0.1 : 1.9;
    const auto merges = dendrogram(distances, count);
    QCOMPARE(leafOrder(merges, count), (std::vector<std::size_t>{0, 2, 4, 6, 1, 3, 5}));
    for (std::size_t i = 1; i < merges.size(); ++i)
      QVERIFY(merges[i].height >= merges[i - 1].height - 1e-12);
    QVERIFY(std::abs(merges.back().height - 1.9) < 1e-12);
  }

  void oneThingIsAnOrder() {
    QVERIFY(dendrogram({0}, 1).empty());
    QCOMPARE(leafOrder({}, 1), (std::vector<std::size_t>{0}));
  }
};

EQUIPOISE_TEST(TestDendrogram)
#include "tst_dendrogram.moc"
