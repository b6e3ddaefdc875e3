#include <QTest>

#include <cmath>
#include <random>

#include "core/study/statistics.h"
#include "tests/registry.h"

using namespace eq::study;

namespace {

/// Two-sided p of the signed-rank test as the definition has it: over all 2^m signs.
double bruteForce(std::vector<double> differences) {
  std::erase(differences, 0);
  const auto m = differences.size();
  std::vector<double> ranks;
  for (const double a : differences) {
    double below = 0, equal = 0;
    for (const double b : differences) {
      below += std::abs(b) < std::abs(a);
      equal += std::abs(b) == std::abs(a);
    }
    ranks.push_back(below + (equal + 1) / 2);
  }
  const auto distance = [&](auto isPositive) {
    double sum = 0;
    for (std::size_t i = 0; i < m; ++i) sum += isPositive(i) ? ranks[i] : -ranks[i];
    return std::abs(sum);
  };
  const double found = distance([&](std::size_t i) { return differences[i] > 0; });
  double count = 0;
  for (std::size_t signs = 0; signs < (std::size_t{1} << m); ++signs)
    count += distance([&](std::size_t i) { return (signs >> i & 1) != 0; }) >= found;
  return std::ldexp(count, -static_cast<int>(m));
}

/// Differences with many ties and zeros.
std::vector<double> coarse(std::size_t count, unsigned seed, int most) {
  std::mt19937 engine(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(static_cast<double>(static_cast<int>(engine() % (2 * most + 1)) - most + 1) /
                     10);
  return values;
}

/// (round(10 sin(i + 1)) + 1)/10: thirty or sixty values with ties and zeros.
std::vector<double> waves(int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back((std::round(10 * std::sin(i + 1)) + 1) / 10);
  return values;
}

bool isNear(double found, double wanted) {
  return std::abs(found - wanted) <= 1e-12 * std::abs(wanted);
}

}  // namespace

class TestStatistics : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void wilcoxonIsExactOverAllSigns() {
    for (std::size_t count = 1; count <= 14; ++count)
      for (unsigned seed = 0; seed < 20; ++seed)
        for (const int most : {2, 5, 1000000}) {
          const auto differences = coarse(count, seed, most);
          QVERIFY2(wilcoxonP(differences) == bruteForce(differences), std::to_string(seed).c_str());
        }
  }

  void wilcoxonDropsZerosAndIsOneWhereNoneIsLeft() {
    QCOMPARE(wilcoxonP({0, 0, 0, 0, 0}), 1.0);
    QCOMPARE(wilcoxonP({1, 0, 2, 0, 3, 4, 5}), wilcoxonP({1, 2, 3, 4, 5}));
    QCOMPARE(wilcoxonP({1, 2, 3, 4, 5}), 2.0 / 32);
    QCOMPARE(wilcoxonP({1, 2, 3, 4, 5, -1e300}), bruteForce({1, 2, 3, 4, 5, -1e300}));
  }

  void wilcoxonIsTheSameForTurnedScaledAndShuffledDifferences() {
    for (const std::size_t count : {12, 25, 26, 40}) {
      auto differences = coarse(count, 3, 8);
      const double p = wilcoxonP(differences);
      for (auto& difference : differences) difference *= -4;
      std::reverse(differences.begin(), differences.end());
      QCOMPARE(wilcoxonP(differences), p);
    }
  }

  /// Shares of 27 examples: subtracted, 5/27 has several last bits, and p was 0.0625.
  void tiesAreSeenThroughRounding() {
    const int counts[][2]{{24, 25}, {26, 20}, {21, 21}, {25, 21},
                          {23, 22}, {19, 19}, {25, 21}, {24, 23}};
    std::vector<double> rounded, whole;
    for (const auto& [a, b] : counts) {
      rounded.push_back(a / 27.0 - b / 27.0);
      whole.push_back(a - b);
    }
    QVERIFY(rounded[1] > 0);
    QCOMPARE(wilcoxonP(rounded), wilcoxonP(whole));
    QCOMPARE(wilcoxonP(whole), 0.125);
    QCOMPARE(sharedRanks({0.1 + 0.2, 0.3, 1}), (std::vector<double>{1.5, 1.5, 3}));
    QCOMPARE(sharedRanks({1, 1 + 1e-8}), (std::vector<double>{1, 2}));
  }

  void twentyFiveAreExactAndMoreAreNormal() {
    // All above 0: 2/2^25, and of 26 the normal with continuity correction.
    std::vector<double> rising;
    for (int i = 1; i <= 25; ++i) rising.push_back(i);
    QCOMPARE(wilcoxonP(rising), std::ldexp(2.0, -25));
    rising.push_back(26);
    const double mean = 26.0 * 27 / 4, variance = 26.0 * 27 * 53 / 24;
    QVERIFY(
        isNear(wilcoxonP(rising), std::erfc((mean - 0.5) / std::sqrt(variance) / std::sqrt(2.0))));
  }

  /// scipy 1.17.1: wilcoxon(d, zero_method="wilcox", correction=True, method="approx"),
  /// ttest_1samp(d, 0).
  void manyPairsEqualScipy() {
    QVERIFY(isNear(wilcoxonP(waves(30)), 0.31870728768842727));
    QVERIFY(isNear(wilcoxonP(waves(60)), 0.12958500927713362));
    QVERIFY(isNear(pairedTP(waves(30)), 0.435911089129409));
    QVERIFY(isNear(pairedTP(waves(60)), 0.18261713497440826));
    const std::vector<double> few{0.3, 0.1, -0.05, 0.2, 0.4, 0.25, 0.15, 0.6};
    QVERIFY(isNear(pairedTP(few), 0.010043440473942912));
    QCOMPARE(wilcoxonP(few), 0.015625);
  }

  void equalDifferencesAreCertainAndZerosSayNothing() {
    QCOMPARE(pairedTP({0.1, 0.1, 0.1}), 0.0);
    QCOMPARE(pairedTP({0, 0, 0}), 1.0);
    QCOMPARE(pairedTP({1, -1}), 1.0);
  }

  /// scipy 1.17.1: t.interval(0.95, 4, loc=mean, scale=sem).
  void aSummaryHasTheIntervalOfStudent() {
    const auto summary = summarise({0.91, 0.93, 0.90, 0.95, 0.92});
    QVERIFY(isNear(*summary.mean, 0.922));
    QCOMPARE(*summary.median, 0.92);
    QVERIFY(isNear(*summary.deviation, 0.019235384061671322));
    QVERIFY(isNear(*summary.low, 0.8981161161190002));
    QVERIFY(isNear(*summary.high, 0.9458838838809999));
    QCOMPARE(*summarise({1, 4, 2, 8}).median, 3.0);
  }

  void aSummaryOfOneHasNoSpreadAndOfNoneNothing() {
    const auto one = summarise({2});
    QCOMPARE(*one.mean, 2.0);
    QVERIFY(!one.deviation && !one.low && !one.high);
    QVERIFY(!summarise({}).mean && !summarise({}).median);
    QVERIFY(std::isnan(*summarise({1, std::nan(""), 3}).median));
  }

  void holmMultipliesAndNeverFalls() {
    const auto adjusted = holm({0.01, 0.04, 0.03, 0.9});
    QCOMPARE(adjusted[0], 0.04);
    QCOMPARE(adjusted[2], 0.09);
    QCOMPARE(adjusted[1], 0.09);  // 0.08, but not below the one before
    QCOMPARE(adjusted[3], 0.9);
    QCOMPARE(holm({0.6, 0.7}), (std::vector{1.0, 1.0}));
    QVERIFY(holm({}).empty());
  }
};

EQUIPOISE_TEST(TestStatistics)
#include "tst_statistics.moc"
