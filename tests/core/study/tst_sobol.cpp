#include <set>

#include <QTest>

#include "core/base/error.h"
#include "core/study/sweep/sobol.h"
#include "tests/registry.h"

using eq::study::sobolPoints;

class TestSobol : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The first points of scipy.stats.qmc.Sobol(64, scramble=False, bits=32), SciPy 1.17.1, from
  /// index 1; point 1000 in the dimensions 1, 2, 3, 32 and 64.
  void pointsAreThoseOfJoeAndKuo() {
    const auto points = sobolPoints(1023, 64);
    const std::vector<std::vector<double>> first{
        {.5, .5, .5, .5, .5, .5}, {.75, .25, .25, .25, .75, .75}, {.25, .75, .75, .75, .25, .25}};
    for (size_t i = 0; i < first.size(); ++i)
      for (size_t d = 0; d < first[i].size(); ++d) QCOMPARE(points[i][d], first[i][d]);
    QCOMPARE((std::vector(points[6].begin(), points[6].begin() + 8)),
             (std::vector{.125, .625, .375, .125, .125, .375, .625, .625}));
    const auto& late = points[999];
    QCOMPARE((std::vector{late[0], late[1], late[2], late[31], late[63]}),
             (std::vector{0.2197265625, 0.0966796875, 0.5185546875, 0.1455078125, 0.4462890625}));
  }

  /// Sum over points and dimensions of d u_d, by the same program.
  void everyDimensionHasItsOwnNumbers() {
    double sum = 0;
    for (const auto& point : sobolPoints(1023, 64))
      for (size_t d = 0; d < 64; ++d) sum += static_cast<double>(d + 1) * point[d];
    QCOMPARE(sum, 1063920.0);
  }

  /// With point 0, which is left out, 2^m points have one in each of 2^m equal parts.
  void everyPartHasOnePoint() {
    const auto points = sobolPoints(255, 64);
    for (size_t d = 0; d < 64; ++d) {
      std::set<int> parts{0};
      for (const auto& point : points) parts.insert(static_cast<int>(point[d] * 256));
      QCOMPARE(parts.size(), size_t{256});
    }
  }

  void refusesMoreDimensionsThanItKnows() {
    QVERIFY_EXCEPTION_THROWN(sobolPoints(1, eq::study::mostSobolDimensions() + 1), eq::Error);
  }
};

EQUIPOISE_TEST(TestSobol)
#include "tst_sobol.moc"
