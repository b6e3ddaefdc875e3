#include <QTest>

#include <cmath>
#include <limits>
#include <numbers>

#include "core/base/student.h"
#include "tests/registry.h"

using eq::incompleteBetaHalf;
using eq::normalTails;
using eq::studentQuantile;
using eq::studentTails;

namespace {

/// Both tails for 2 and 4 degrees of freedom in closed form, without cancellation: of 2,
/// 1 - t/sqrt(2 + t²); of 4, 1 - s (3 - s²)/2 with s = t/sqrt(4 + t²).
double tailsOf2(double t) {
  const double root = std::sqrt(2 + t * t);
  return 2 / (root * (root + t));
}
double tailsOf4(double t) {
  const double s = t / std::sqrt(4 + t * t);
  const double gap = 4 / (4 + t * t) / (1 + s);  // 1 - s
  return gap * gap * (2 + s) / 2;
}

bool isNear(double found, double wanted) {
  return std::abs(found - wanted) <= 1e-12 * std::abs(wanted);
}

}  // namespace

class TestStudent : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void tailsEqualTheClosedFormsRelativelyTo1e12() {
    for (double t = 1e-3; t < 1e6; t *= 1.37) {
      QVERIFY2(isNear(studentTails(t, 1), 2 / std::numbers::pi * std::atan2(1, t)),
               std::to_string(t).c_str());
      QVERIFY2(isNear(studentTails(t, 2), tailsOf2(t)), std::to_string(t).c_str());
      QVERIFY2(isNear(studentTails(t, 4), tailsOf4(t)), std::to_string(t).c_str());
      QCOMPARE(studentTails(-t, 3), studentTails(t, 3));
    }
  }

  /// mpmath 1.3, 40 digits: betainc(df/2, 1/2, 0, df/(df + t²), regularized=True).
  void tailsEqualAnIndependentComputation_data() {
    QTest::addColumn<double>("t");
    QTest::addColumn<int>("freedom");
    QTest::addColumn<double>("tails");
    QTest::newRow("3") << 2.5 << 3 << 0.087706647008065547;
    QTest::newRow("9") << 0.1 << 9 << 0.92253644795668120;
    QTest::newRow("9 far") << 40.0 << 9 << 1.8982998449339826e-11;
    QTest::newRow("24") << 2.0 << 24 << 0.056939849936591649;
    QTest::newRow("199") << 1.96 << 199 << 0.051391833904160146;
    QTest::newRow("201") << 6.0 << 201 << 9.0530618786201305e-9;
    QTest::newRow("5000") << 1.0 << 5000 << 0.31735889958803003;
    QTest::newRow("2001") << 3.0 << 2001 << 0.002733127042163585;
  }
  void tailsEqualAnIndependentComputation() {
    QFETCH(double, t);
    QFETCH(int, freedom);
    QFETCH(double, tails);
    QVERIFY2(isNear(studentTails(t, freedom), tails),
             std::to_string(studentTails(t, freedom) / tails - 1).c_str());
  }

  void endsAreExact() {
    const double infinity = std::numeric_limits<double>::infinity();
    QCOMPARE(studentTails(0, 7), 1.0);
    QCOMPARE(studentTails(-infinity, 7), 0.0);
    QVERIFY(std::isnan(studentTails(std::nan(""), 7)));
    QCOMPARE(incompleteBetaHalf(2.5, 0, 1), 0.0);
    QCOMPARE(incompleteBetaHalf(2.5, 1, 0), 1.0);
  }

  void theQuantileIsTheInverse() {
    // Of 1 degree tan(0.475 pi), of 2 in closed form: 2 (1 - 2a)²... / (4 a (1 - a)) at a = 0.975.
    QVERIFY(isNear(studentQuantile(0.05, 1), std::tan(0.475 * std::numbers::pi)));
    const double a = 0.975;
    QVERIFY(isNear(studentQuantile(0.05, 2), (2 * a - 1) * std::sqrt(2 / (4 * a * (1 - a)))));
    for (const int freedom : {1, 3, 7, 50, 1000})
      for (const double tails : {1e-9, 0.01, 0.05, 0.5, 0.99})
        QVERIFY(isNear(studentTails(studentQuantile(tails, freedom), freedom), tails));
  }

  void tailsOfTheNormalAreTheLimit() {
    QVERIFY(isNear(normalTails(0), 1));
    QVERIFY(std::abs(normalTails(-1.959963984540054) - 0.05) < 1e-15);
    QVERIFY(std::abs(studentTails(2, 100'000'000) - normalTails(2)) < 1e-8);
  }
};

EQUIPOISE_TEST(TestStudent)
#include "tst_student.moc"
