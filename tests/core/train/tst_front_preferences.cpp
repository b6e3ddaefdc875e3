#include <QTest>

#include <cmath>
#include <numeric>

#include "core/train/front_preferences.h"
#include "tests/core/train/scheme_support.h"

using eq::RandomStream;
using eq::metric::Point;
using eq::metric::Points;
using eq::test::errorOf;
using eq::train::checkedPreference;
using eq::train::drawPreference;
using eq::train::frontPreferences;

namespace {

double sumOf(const Point& point) {
  return std::accumulate(point.begin(), point.end(), 0.0);
}

}  // namespace

class TestFrontPreferences : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Mean 1/K and variance (K − 1)/(K² (K c + 1)), within five standard deviations of their
  /// estimates.
  void drawsAreThoseOfDirichlet_data() {
    QTest::addColumn<double>("concentration");
    for (const double c : {0.05, 0.2, 1.0, 1.2, 7.0})
      QTest::newRow(qPrintable(QString::number(c))) << c;
  }
  void drawsAreThoseOfDirichlet() {
    QFETCH(double, concentration);
    constexpr int kDraws = 20000, kTasks = 3;
    RandomStream stream(5);
    std::vector<double> first;
    for (int i = 0; i < kDraws; ++i) {
      const auto drawn = drawPreference(stream, kTasks, concentration);
      QVERIFY(std::abs(sumOf(drawn) - 1) < 1e-12);
      first.push_back(drawn[0]);
    }
    const double mean = sumOf(first) / kDraws;
    double second = 0, fourth = 0;
    for (const double value : first) {
      second += std::pow(value - mean, 2) / kDraws;
      fourth += std::pow(value - mean, 4) / kDraws;
    }
    const double variance = 2.0 / (9 * (3 * concentration + 1));
    QVERIFY(std::abs(mean - 1.0 / 3) < 5 * std::sqrt(variance / kDraws));
    QVERIFY(std::abs(second - variance) < 5 * std::sqrt((fourth - second * second) / kDraws));
  }

  /// Where a Gamma of so small a shape leaves no number.
  void smallConcentrationsGiveOneTaskAll() {
    RandomStream stream(1);
    for (int i = 0; i < 100; ++i) {
      const auto drawn = drawPreference(stream, 4, 1e-6);
      QVERIFY(std::abs(sumOf(drawn) - 1) < 1e-12);
      QVERIFY(*std::max_element(drawn.begin(), drawn.end()) > 0.999);
    }
  }

  void twoTasksAreEquallySpaced() {
    const auto found = frontPreferences(2, 5, 1, "points");
    QCOMPARE(found, (Points{{1, 0}, {.75, .25}, {.5, .5}, {.25, .75}, {0, 1}}));
  }

  void threeTasksHaveTheFinestLattice_data() {
    QTest::addColumn<int>("points");
    QTest::addColumn<int>("found");
    QTest::newRow("H = 1") << 3 << 3;
    QTest::newRow("H = 3") << 11 << 10;
    QTest::newRow("H = 10") << 66 << 66;
    QTest::newRow("below H = 11") << 77 << 66;
  }
  void threeTasksHaveTheFinestLattice() {
    QFETCH(int, points);
    QFETCH(int, found);
    const auto lattice = frontPreferences(3, points, 1, "points");
    QCOMPARE(std::ssize(lattice), found);
    QCOMPARE(lattice.front(), (Point{1, 0, 0}));
    QCOMPARE(lattice.back(), (Point{0, 0, 1}));
  }

  void moreTasksHaveEachAloneAllAlikeAndDraws() {
    const auto found = frontPreferences(4, 9, 3, "points");
    QCOMPARE(found.size(), size_t{9});
    QCOMPARE(found[1], (Point{0, 1, 0, 0}));
    QCOMPARE(found[4], Point(4, .25));
    for (const auto& point : found) QVERIFY(std::abs(sumOf(point) - 1) < 1e-12);
    QCOMPARE(frontPreferences(4, 9, 3, "points"), found);
    QVERIFY(frontPreferences(4, 9, 4, "points")[8] != found[8]);
  }

  void tooFewPointsAreRefused() {
    QCOMPARE(errorOf([] { frontPreferences(3, 2, 1, "--points"); }),
             std::string("--points: a front of 3 tasks has at least 3 points (each task alone), "
                         "found 2"));
    QCOMPARE(errorOf([] { frontPreferences(4, 4, 1, "--points"); }),
             std::string("--points: a front of 4 tasks has at least 5 points (each task alone, and "
                         "all alike), found 4"));
  }

  void givenPreferencesAreDividedByTheirSum() {
    QCOMPARE(checkedPreference({1, 3}, 2, "p"), (Point{.25, .75}));
    QCOMPARE(errorOf([] {
               checkedPreference({1, 2, 3}, 2, "p");
             }),
             std::string("p: expected 2 numbers, one a task, found 3"));
    QCOMPARE(errorOf([] {
               checkedPreference({1, -2}, 2, "p");
             }),
             std::string("p: expected numbers from 0 on, found -2"));
    QVERIFY(errorOf([] { checkedPreference({0, 0}, 2, "p"); }).starts_with("p: expected a number"));
  }
};

EQUIPOISE_TEST(TestFrontPreferences)
#include "tst_front_preferences.moc"
