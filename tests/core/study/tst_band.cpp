#include "core/study/band.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/registry.h"

using namespace eq::study;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;

struct Recorded {
  Numbers step, value;
  Member member() const { return {step, step, value}; }
};

/// Three runs of unlike lengths, one with a value that is not finite.
struct Three {
  Recorded one{{1, 2, 3, 4}, {4, 2.5, 1.25, 1}};
  Recorded two{{1, 2, 3}, {3.5, kNaN, 1.75}};
  Recorded three{{1, 2, 3, 4, 5}, {5, 3.5, 0.5, 0.25, 0.125}};
  std::vector<Member> members() const { return {one.member(), two.member(), three.member()}; }
};

void compareNumbers(const Numbers& found, const Numbers& wanted) {
  QCOMPARE(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    QVERIFY2(std::isnan(wanted[i]) ? std::isnan(found[i]) : std::abs(found[i] - wanted[i]) < 1e-9,
             qPrintable(QString("%1: %2, wanted %3").arg(i).arg(found[i]).arg(wanted[i])));
}

}  // namespace

/// The numbers of the three runs are those of NumPy's mean, median, std(ddof=1) and SciPy's
/// stats.t.interval(0.95, n - 1, mean, std / sqrt(n)) over the finite values at each step.
class TestBand : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void meanAndDeviationAreThoseOfAPlainScript() {
    const Three runs;
    const Band band = bandOf(runs.members(), Centre::mean, Spread::deviation);
    compareNumbers(band.step, {1, 2, 3, 4, 5});
    compareNumbers(band.centre, {4.166666666666667, 3, 1.1666666666666667, 0.625, 0.125});
    compareNumbers(band.low,
                   {4.166666666666667 - 0.7637626158259734, 3 - 0.7071067811865476,
                    1.1666666666666667 - 0.6291528696058958, 0.625 - 0.5303300858899106, kNaN});
    compareNumbers(band.high,
                   {4.166666666666667 + 0.7637626158259734, 3 + 0.7071067811865476,
                    1.1666666666666667 + 0.6291528696058958, 0.625 + 0.5303300858899106, kNaN});
    QCOMPARE(band.count, (std::vector<int>{3, 2, 3, 2, 1}));
    QCOMPARE(band.leftOut, std::size_t(1));
  }

  void theIntervalOfTheMeanIsStudents() {
    const Three runs;
    const Band band = bandOf(runs.members(), Centre::mean, Spread::interval);
    compareNumbers(band.low, {2.269375149868287, -3.353102368087347, -0.39623570317727697,
                              -4.13982677606551, kNaN});
    compareNumbers(band.high, {6.063958183465047, 9.353102368087347, 2.7295690365106102,
                               5.38982677606551, kNaN});
  }

  void medianAndRange() {
    const Three runs;
    const Band band = bandOf(runs.members(), Centre::median, Spread::range);
    compareNumbers(band.centre, {4, 3, 1.25, 0.625, 0.125});
    compareNumbers(band.low, {3.5, 2.5, 0.5, 0.25, 0.125});
    compareNumbers(band.high, {5, 3.5, 1.75, 1, 0.125});
  }

  /// The limits' ranks for n = 5, 6, 8, 9, 20 by SciPy's binom.cdf(k, n, 0.5).
  void theIntervalOfTheMedianLeavesOutByTheBinomialDistribution_data() {
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("rank");
    QTest::newRow("five cannot tell") << 5 << 0;
    QTest::newRow("six") << 6 << 1;
    QTest::newRow("eight") << 8 << 1;
    QTest::newRow("nine") << 9 << 2;
    QTest::newRow("twenty") << 20 << 6;
  }
  void theIntervalOfTheMedianLeavesOutByTheBinomialDistribution() {
    QFETCH(int, n);
    QFETCH(int, rank);
    std::vector<Recorded> runs;
    for (int i = 1; i <= n; ++i) runs.push_back({{1}, {static_cast<double>(i)}});
    std::vector<Member> members;
    for (const auto& run : runs) members.push_back(run.member());
    const Band band = bandOf(members, Centre::median, Spread::interval);
    compareNumbers(band.low, {rank > 0 ? rank : kNaN});
    compareNumbers(band.high, {rank > 0 ? n + 1 - rank : kNaN});
  }

  void ofSeveralValuesAtAStepTheLastCounts() {
    const Recorded one{{1, 2, 2}, {1, 5, 7}}, two{{2}, {9}};
    const Band band = bandOf({one.member(), two.member()}, Centre::mean, Spread::none);
    compareNumbers(band.step, {1, 2});
    compareNumbers(band.centre, {1, 8});
    QVERIFY(band.low.empty() && band.high.empty());
  }

  void whereNothingIsFiniteThereIsAGap() {
    const Recorded one{{1, 2}, {kNaN, 3}};
    const Band band = bandOf({one.member()}, Centre::mean, Spread::range);
    compareNumbers(band.centre, {kNaN, 3});
    compareNumbers(band.low, {kNaN, 3});
    QCOMPARE(band.count, (std::vector<int>{0, 1}));
    QVERIFY(bandOf({}, Centre::mean, Spread::range).step.empty());
  }

  /// Runs of unlike speed: where the slow one ends, the mean of the seconds would go back.
  void positionsAreMeansThatNeverFall() {
    const Numbers step{1, 2, 3}, fast{1, 2, 3}, value{0, 0, 0};
    const Numbers begin{1, 2}, slow{11, 22}, of{0, 0};
    const Band band = bandOf({{step, fast, value}, {begin, slow, of}}, Centre::mean, Spread::none);
    compareNumbers(band.position, {6, 12, 12});
  }

  void differencesAreTakenWhereBothHaveTheStep() {
    const Recorded base{{1, 2, 4, 4}, {1, 2, 3, 4}}, run{{2, 3, 4, 5}, {5, 6, 7, 8}};
    const Line line = differenceTo(base.member(), run.member());
    compareNumbers(line.position, {2, 4});
    compareNumbers(line.value, {3, 3});
  }
};

EQUIPOISE_TEST(TestBand)
#include "tst_band.moc"
