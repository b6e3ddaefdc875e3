#include <QTest>

#include <cmath>
#include <random>

#include <Eigen/SVD>

#include "core/gradient/conflict.h"
#include "tests/registry.h"

using namespace eq::gradient;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

const MatrixXd kA{{-4, 1, 1}, {6, 1, 1}};
const MatrixXd kB{{2, 0, 1}, {-1, 2, 0}, {0, -3, 2}};

Conflict of(const MatrixXd& jacobian) {
  return conflict(jacobian * jacobian.transpose());
}

bool near(double found, double expected, double tolerance) {
  return std::abs(found - expected) <= tolerance;
}

MatrixXd randomJacobian(int index) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(index));
  std::normal_distribution<double> normal;
  MatrixXd jacobian(2 + index % 4, 9);
  for (double& entry : jacobian.reshaped()) entry = normal(engine);
  for (Index k = 0; k < jacobian.rows(); ++k)
    jacobian.row(k) *= std::pow(10.0, std::tanh(normal(engine)) * 3);
  return jacobian;
}

/// Cosines of two steps: pairs of three tasks, upper triangle.
MatrixXd cosinesOf(double c01, double c02, double c12) {
  return MatrixXd{{1, c01, c02}, {c01, 1, c12}, {c02, c12, 1}};
}

}  // namespace

class TestConflict : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// From the Gramian, three rows that sum to zero had a sum of 1e-8, and the condition number of
  /// two rows that differ by 1e-5 was off by a thousandth.
  void rowsTellMoreThanTheirGramian() {
    MatrixXd jacobian = randomJacobian(1);
    jacobian.row(2) = -(jacobian.row(0) + jacobian.row(1));
    const auto zero = conflictOfRows(jacobian);
    QVERIFY(zero.sumNorm <= 1e-15 * jacobian.norm());
    QCOMPARE(zero.rank, std::int64_t(2));
    MatrixXd close(2, 4);
    close << 1, 2, 3, 4, 1 + 1e-5, 2, 3, 4;
    const VectorXd singular = close.jacobiSvd().singularValues();
    QVERIFY(near(conflictOfRows(close).conditionNumber / (singular[0] / singular[1]), 1, 1e-10));
    QCOMPARE(conflictOfRows(kB).cosines, of(kB).cosines);
    QCOMPARE(conflictOfRows(MatrixXd::Zero(2, 3)).rank, std::int64_t(0));
    QVERIFY(std::isnan(conflictOfRows(MatrixXd::Zero(2, 3)).conditionNumber));
    QCOMPARE(conflictOfRows(MatrixXd(2, 0)).rank, std::int64_t(0));
  }

  /// Rows of 1e160 had no length, and rows of 1e-170 the length 0.
  void powersOfTwoChangeNoRatio_data() {
    QTest::addColumn<int>("exponent");
    for (const int exponent : {-980, -600, -420, -300, 300, 470, 500, 1000})
      QTest::addRow("2^%d", exponent) << exponent;
  }
  void powersOfTwoChangeNoRatio() {
    QFETCH(int, exponent);
    const auto scaled = [exponent](double number) { return std::ldexp(number, exponent); };
    for (int i = 0; i < 20; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const auto found = conflictOfRows(jacobian.unaryExpr(scaled));
      const auto expected = conflictOfRows(jacobian);
      QCOMPARE(found.norms, VectorXd(expected.norms.unaryExpr(scaled)));
      QVERIFY(near(found.sumNorm / scaled(expected.sumNorm), 1, 1e-15));
      QCOMPARE(found.cosines, expected.cosines);
      QCOMPARE(found.angles, expected.angles);
      QCOMPARE(found.magnitudeSimilarity, expected.magnitudeSimilarity);
      QCOMPARE(found.curvature, expected.curvature);
      QCOMPARE(found.rank, expected.rank);
      QVERIFY(near(found.conditionNumber / expected.conditionNumber, 1, 1e-14));
    }
  }

  void lengthsReachTheEndsOfTheRange() {
    const auto mixed = conflictOfRows(MatrixXd{{3e200, 4e200}, {3e-200, 4e-200}, {0, 0}});
    QVERIFY(near(mixed.norms[0] / 5e200, 1, 1e-15) && near(mixed.norms[1] / 5e-200, 1, 1e-15));
    QCOMPARE(mixed.norms[2], 0.0);
    QVERIFY(std::isnan(mixed.cosines(0, 1)) && std::isnan(mixed.cosines(1, 1)));
    QCOMPARE(mixed.rank, std::int64_t(1));
    QVERIFY(near(conflictOfRows(MatrixXd{{3, 4}, {3e-200, 4e-200}}).norms[1] / 5e-200, 1, 1e-15));
    const auto least = conflictOfRows(MatrixXd{{5e-324, 0}, {0, 5e-324}});
    QCOMPARE(least.norms[0], 5e-324);
    QCOMPARE(least.rank, std::int64_t(2));
    QCOMPARE(least.cosines(0, 1), 0.0);
    const auto cancelled =
        conflictOfRows(MatrixXd{{1e200, 0}, {-1e200, 0}, {3e-200, 4e-200}}).sumNorm;
    QVERIFY(near(cancelled / 5e-200, 1, 1e-15));
    const auto most = conflictOfRows(MatrixXd{{1.5e308, 0}, {1.5e308, 0}, {-1.5e308, 0}});
    QCOMPARE(most.norms[0], 1.5e308);
    QCOMPARE(most.sumNorm, 1.5e308);
    QCOMPARE(most.cosines(0, 2), -1.0);
    QVERIFY(!std::isfinite(conflictOfRows(MatrixXd{{1.5e308, 1.5e308}}).norms[0]));
    QVERIFY(!std::isfinite(conflictOfRows(MatrixXd{{1.5e308}, {1.5e308}}).sumNorm));
  }

  void equalsWorkedNumbers() {
    const auto a = of(kA);
    QVERIFY(near(a.norms[0], 4.2426, 5e-5) && near(a.norms[1], 6.1644, 5e-5));
    comparePair(a, 0, 1, -0.8412, 147.27, 0.9340, 2.4366);
    QVERIFY(near(a.conditionNumber, 3.6887, 5e-5));
    QCOMPARE(a.rank, std::int64_t(2));
    QVERIFY(near(a.sumNorm, std::sqrt(12.0), 1e-12));
    const auto b = of(kB);
    comparePair(b, 0, 1, -0.4, 113.58, 1, 1.96);
    comparePair(b, 0, 2, 0.2481, 75.64, 0.8958, 0.5972);
    comparePair(b, 1, 2, -0.7442, 138.09, 0.8958, 2.2308);
    QVERIFY(near(b.conditionNumber, 3.2845, 5e-5));
    QCOMPARE(b.rank, std::int64_t(3));
  }

  void equalsTheDefinitions() {
    for (int i = 0; i < 40; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const auto found = of(jacobian);
      for (Index r = 0; r < jacobian.rows(); ++r)
        for (Index s = 0; s < jacobian.rows(); ++s) {
          if (r == s) continue;
          const VectorXd g = jacobian.row(r), h = jacobian.row(s);
          const double cosine = g.normalized().dot(h.normalized());
          QVERIFY(near(found.cosines(r, s), cosine, 1e-14));
          QVERIFY(near(found.angles(r, s), std::acos(cosine) * 180 / std::acos(-1.0), 1e-10));
          QVERIFY(near(found.magnitudeSimilarity(r, s),
                       2 * g.norm() * h.norm() / (g.squaredNorm() + h.squaredNorm()), 1e-14));
          const double curvature =
              (1 - cosine * cosine) * (g - h).squaredNorm() / (g + h).squaredNorm();
          QVERIFY(near(found.curvature(r, s) / curvature, 1, 1e-9));
        }
      QVERIFY(near(found.sumNorm / jacobian.colwise().sum().norm(), 1, 1e-12));
    }
  }

  void rankAndConditionAreThoseOfTheSingularValues() {
    for (int i = 0; i < 40; ++i) {
      // Rows of like size, so that no singular value is near the cut.
      MatrixXd jacobian = randomJacobian(i).rowwise().normalized();
      Eigen::JacobiSVD<MatrixXd> svd(jacobian);
      const auto& values = svd.singularValues();
      QCOMPARE(of(jacobian).rank, std::int64_t(jacobian.rows()));
      QVERIFY(
          near(of(jacobian).conditionNumber / (values[0] / values[values.size() - 1]), 1, 1e-9));
      MatrixXd dependent(jacobian.rows() + 1, jacobian.cols());
      dependent << jacobian, jacobian.colwise().sum();
      QCOMPARE(of(dependent).rank, std::int64_t(jacobian.rows()));
      QVERIFY(of(dependent).conditionNumber < 1e6);
    }
  }

  void diagonalIsThatOfEqualRows() {
    const auto found = of(kB);
    for (Index k = 0; k < 3; ++k) {
      QCOMPARE(found.cosines(k, k), 1.0);
      QCOMPARE(found.angles(k, k), 0.0);
      QCOMPARE(found.magnitudeSimilarity(k, k), 1.0);
      QCOMPARE(found.curvature(k, k), 0.0);
    }
  }

  void zeroRowsAreUnknown() {
    MatrixXd jacobian(3, 3);
    jacobian << kA.row(0), MatrixXd::Zero(1, 3), kA.row(1);
    const auto found = of(jacobian), rest = of(kA);
    QCOMPARE(found.norms[1], 0.0);
    for (const auto* matrix :
         {&found.cosines, &found.angles, &found.magnitudeSimilarity, &found.curvature})
      for (Index k = 0; k < 3; ++k) {
        QVERIFY(std::isnan((*matrix)(1, k)));
        QVERIFY(std::isnan((*matrix)(k, 1)));
      }
    QCOMPARE(found.cosines(0, 2), rest.cosines(0, 1));
    QCOMPARE(found.curvature(2, 0), rest.curvature(1, 0));
    QCOMPARE(found.rank, std::int64_t(2));
    QVERIFY(near(found.conditionNumber, rest.conditionNumber, 1e-9));
    QVERIFY(near(found.sumNorm, rest.sumNorm, 1e-12));
  }

  void zeroIsBySize() {
    // ‖g_k‖² <= 1e-24 tr G.
    QVERIFY(std::isnan(of(MatrixXd{{1, 0}, {9e-13, 0}}).cosines(0, 1)));
    QCOMPARE(of(MatrixXd{{1, 0}, {2e-12, 0}}).cosines(0, 1), 1.0);
    QCOMPARE(of(MatrixXd{{1e-100, 0}, {0, 1e-100}}).cosines(0, 1), 0.0);
  }

  void allRowsAreZero() {
    const auto found = of(MatrixXd::Zero(2, 3));
    QVERIFY(std::isnan(found.cosines(0, 0)) && std::isnan(found.conditionNumber));
    QCOMPARE(found.rank, std::int64_t(0));
    QCOMPARE(found.sumNorm, 0.0);
  }

  void oppositeRowsHaveNoCurvature() {
    for (const double scale : {1.0, 1e-7, 3e5}) {
      const MatrixXd opposite = scale * MatrixXd{{0.1, 0.2, 0.7}, {-0.1, -0.2, -0.7}};
      const auto found = of(opposite);
      QVERIFY(std::isnan(found.curvature(0, 1)) && std::isnan(found.curvature(1, 0)));
      QVERIFY(near(found.cosines(0, 1), -1, 1e-15));
      QVERIFY(near(found.angles(0, 1), 180, 1e-5));
      QVERIFY(near(found.sumNorm, 0, 1e-7 * scale));
      QCOMPARE(found.rank, std::int64_t(1));
    }
    QCOMPARE(of(MatrixXd{{1, 0}, {-2, 0}}).curvature(0, 1), 0.0);
  }

  void cosinesStayInRange() {
    for (int i = 0; i < 100; ++i) {
      MatrixXd jacobian = randomJacobian(4 * i);
      jacobian.row(1) = jacobian.row(0) * (i % 2 ? 3.7 : -0.3);
      const auto found = of(jacobian);
      QVERIFY(std::abs(found.cosines(0, 1)) <= 1);
      QVERIFY(!std::isnan(found.angles(0, 1)));
      QVERIFY(found.curvature(0, 1) >= 0);
    }
  }

  void notFiniteRowsAreUnknown_data() {
    QTest::addColumn<double>("wrong");
    QTest::newRow("nan") << std::nan("");
    QTest::newRow("inf") << HUGE_VAL;
  }
  void notFiniteRowsAreUnknown() {
    QFETCH(double, wrong);
    MatrixXd jacobian(3, 3);
    jacobian << kA.row(0), kA.row(1), MatrixXd::Constant(1, 3, wrong);
    const auto found = of(jacobian), rest = of(kA);
    for (Index k = 0; k < 3; ++k) {
      QVERIFY(std::isnan(found.cosines(2, k)) && std::isnan(found.cosines(k, 2)));
      QVERIFY(std::isnan(found.curvature(2, k)) && std::isnan(found.angles(k, 2)));
    }
    QCOMPARE(found.cosines(0, 1), rest.cosines(0, 1));
    QCOMPARE(found.curvature(0, 1), rest.curvature(0, 1));
    QVERIFY(!std::isfinite(found.norms[2]));
    QVERIFY(std::isnan(found.sumNorm) && std::isnan(found.conditionNumber));
  }

  void frequencyCountsPairs() {
    ConflictFrequency frequency;
    frequency.add(cosinesOf(-0.4, 0.2, -0.7));  // 2 of 3
    frequency.add(cosinesOf(0.1, 0.2, -0.1));   // 1 of 3
    frequency.add(cosinesOf(0.1, 0, 0.3));      // none: 0 is no conflict
    QVERIFY(near(frequency.pairs()(0, 1), 1.0 / 3, 1e-15));
    QVERIFY(near(frequency.pairs()(1, 0), 1.0 / 3, 1e-15));
    QCOMPARE(frequency.pairs()(0, 2), 0.0);
    QVERIFY(near(frequency.pairs()(1, 2), 2.0 / 3, 1e-15));
    for (Index k = 0; k < 3; ++k) QCOMPARE(frequency.pairs()(k, k), 0.0);
    QVERIFY(near(frequency.mean(), 1.0 / 3, 1e-15));
    // The last 3 - ⌊3/2⌋ = 2 steps.
    QVERIFY(near(frequency.lastHalf(), 1.0 / 6, 1e-15));
  }

  void lastHalfTakesTheLargerHalf_data() {
    QTest::addColumn<int>("steps");
    QTest::addColumn<double>("expected");
    // Step t (from 0) conflicts when t is odd.
    QTest::newRow("1") << 1 << 0.0;
    QTest::newRow("2") << 2 << 1.0;
    QTest::newRow("3") << 3 << 0.5;
    QTest::newRow("4") << 4 << 0.5;
    QTest::newRow("5") << 5 << 1.0 / 3;
    QTest::newRow("6") << 6 << 2.0 / 3;
  }
  void lastHalfTakesTheLargerHalf() {
    QFETCH(int, steps);
    QFETCH(double, expected);
    ConflictFrequency frequency;
    for (int t = 0; t < steps; ++t) {
      const double cosine = t % 2 ? -0.5 : 0.5;
      frequency.add(MatrixXd{{1, cosine}, {cosine, 1}});
    }
    QVERIFY(near(frequency.lastHalf(), expected, 1e-15));
  }

  void unknownPairsAreLeftOut() {
    const double unknown = std::nan("");
    ConflictFrequency frequency;
    frequency.add(cosinesOf(-1, unknown, unknown));  // 1 of 1
    frequency.add(cosinesOf(unknown, unknown, unknown));
    frequency.add(cosinesOf(0.5, unknown, -0.5));  // 1 of 2
    QCOMPARE(frequency.pairs()(0, 1), 0.5);
    QVERIFY(std::isnan(frequency.pairs()(0, 2)));
    QCOMPARE(frequency.pairs()(1, 2), 1.0);
    QCOMPARE(frequency.mean(), 0.75);
    // Of three steps the last two, of which one has no pair.
    QCOMPARE(frequency.lastHalf(), 0.5);
  }

  void aPairSaysFromItsNormsAndCosineWhatItsGramianDoes() {
    for (int index = 0; index < 20; ++index) {
      const auto found = of(randomJacobian(index));
      for (Index i = 0; i < found.norms.size(); ++i)
        for (Index j = 0; j < found.norms.size(); ++j) {
          if (i == j) continue;
          const auto pair = pairConflict(found.norms[i], found.norms[j], found.cosines(i, j));
          QVERIFY(near(pair.angle, found.angles(i, j), 1e-9));
          QVERIFY(near(pair.magnitudeSimilarity, found.magnitudeSimilarity(i, j), 1e-12));
          QVERIFY(near(pair.curvature, found.curvature(i, j), 1e-9));
        }
    }
    QVERIFY(std::isnan(pairConflict(1, 0, std::nan("")).angle));
    QVERIFY(std::isnan(pairConflict(2, 2, -1).curvature));
    QCOMPARE(pairConflict(1e200, 1e200, 0).magnitudeSimilarity, 1.0);
  }

  void aStepThatIsDroppedWasNeverCounted() {
    const double unknown = std::nan("");
    PairCounts counts;
    counts.add(cosinesOf(-1, 0.5, unknown));
    counts.add(cosinesOf(-0.5, -0.5, unknown));
    QCOMPARE(counts.shares()(0, 2), 0.5);
    QCOMPARE(counts.meanCosines()(1, 0), -0.75);
    counts.drop(cosinesOf(-1, 0.5, unknown));
    QCOMPARE(counts.shares()(0, 2), 1.0);
    QCOMPARE(counts.meanCosines()(0, 1), -0.5);
    QVERIFY(std::isnan(counts.shares()(1, 2)) && std::isnan(counts.meanCosines()(1, 2)));
    QCOMPARE(counts.meanCosines()(2, 2), 1.0);
  }

  void nothingSeenIsUnknown() {
    ConflictFrequency frequency;
    QVERIFY(std::isnan(frequency.mean()) && std::isnan(frequency.lastHalf()));
    frequency.add(MatrixXd{{1}});
    QVERIFY(std::isnan(frequency.mean()));
    QCOMPARE(frequency.pairs()(0, 0), 0.0);
  }

 private:
  void comparePair(const Conflict& found, Index i, Index j, double cosine, double angle,
                   double similarity, double curvature) {
    QVERIFY(near(found.cosines(i, j), cosine, 5e-5));
    QVERIFY(near(found.angles(i, j), angle, 5e-3));
    QVERIFY(near(found.magnitudeSimilarity(i, j), similarity, 5e-5));
    QVERIFY(near(found.curvature(i, j), curvature, 5e-5));
    QCOMPARE(found.cosines(j, i), found.cosines(i, j));
    QCOMPARE(found.curvature(j, i), found.curvature(i, j));
  }
};

EQUIPOISE_TEST(TestConflict)
#include "tst_conflict.moc"
