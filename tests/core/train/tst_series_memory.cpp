#include <QTest>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/train/series_memory.h"
#include "tests/registry.h"

using namespace eq::train;

namespace {

const double kNaN = std::nan("");

SeriesQuantity quantity(const std::string& text) {
  return parseSeriesExpression(text, "x").quantities.at(0);
}

/// What a function comes to after values at the steps 1, 2, ...
SeriesValue after(const std::string& text, const std::vector<double>& values) {
  SeriesMemory memory(quantity(text));
  std::int64_t step = 0;
  for (const double value : values) memory.add(++step, value);
  return memory.value();
}

double number(const SeriesValue& value) {
  return std::holds_alternative<double>(value) ? std::get<double>(value) : kNaN;
}

}  // namespace

class TestSeriesMemory : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void whatHasTooFewValuesIsAbsent() {
    for (const auto* text : {"last(loss.a)", "best(loss.a)", "mean(loss.a, 1)", "loss.a",
                             "slope(loss.a, 2)", "smoothed(loss.a, 3)", "no_better(loss.a, 1)",
                             "not_finite(loss.a)", "conflict.frequency(3)"})
      QVERIFY2(after(text, {}) == SeriesValue(), text);
    QVERIFY(after("mean(loss.a, 3)", {1, 2}) == SeriesValue());
    QVERIFY(after("slope(loss.a, 3)", {1, 2}) == SeriesValue());
  }

  void bestFollowsTheDirectionAndPassesOverNan() {
    QCOMPARE(after("best(val.a.accuracy)", {0.5, kNaN, 0.75, 0.7}), SeriesValue(0.75));
    QCOMPARE(after("best(val.a.loss)", {0.5, kNaN, 0.25, 0.3}), SeriesValue(0.25));
    QVERIFY(after("best(val.a.loss)", {kNaN}) == SeriesValue());
  }

  void windowsHoldTheLastValues() {
    QCOMPARE(after("mean(loss.a, 3)", {100, 1, 2, 6}), SeriesValue(3.0));
    QVERIFY(std::isnan(number(after("mean(loss.a, 3)", {1, 2, kNaN, 4}))));
    // Slopes of least squares: exact on a line, 0.8 through 1, 3, 2, 4 ((-1.5 - 1.5 + 1 + 6) / 5).
    QVERIFY(std::abs(number(after("slope(loss.a, 4)", {9, 1, 3, 5, 7})) - 2) < 1e-14);
    QVERIFY(std::abs(number(after("slope(loss.a, 4)", {1, 3, 2, 4})) - 0.8) < 1e-14);
  }

  void smoothedIsADebiasedMeanWithGeometricWeights() {
    // n = 3: each value weighs half of the next, (1 * 1 + 2 * 2 + 4 * 7) / 7.
    QVERIFY(std::abs(number(after("smoothed(loss.a, 3)", {1, 2, 7})) - 33.0 / 7) < 1e-14);
    QCOMPARE(after("smoothed(loss.a, 1)", {1, 2, 7}), SeriesValue(7.0));
    QCOMPARE(after("smoothed(loss.a, 9)", {5, kNaN}), SeriesValue(5.0));
  }

  void noBetterCountsValuesSinceTheBest() {
    QCOMPARE(after("no_better(val.a.loss, 2)", {1, 1}), SeriesValue(false));
    QCOMPARE(after("no_better(val.a.loss, 2)", {1, 1, kNaN}), SeriesValue(true));
    QCOMPARE(after("no_better(val.a.loss, 2)", {1, 2, 0.5}), SeriesValue(false));
    QCOMPARE(after("no_better(val.a.accuracy, 2)", {0.9, 0.8, 0.7}), SeriesValue(true));
  }

  void notFiniteLooksAtTheNewestValue() {
    const double infinity = std::numeric_limits<double>::infinity();
    QCOMPARE(after("not_finite(loss.a)", {1, kNaN}), SeriesValue(true));
    QCOMPARE(after("not_finite(loss.a)", {1, -infinity}), SeriesValue(true));
    QCOMPARE(after("not_finite(loss.a)", {kNaN, 1}), SeriesValue(false));
  }

  void conflictFrequencyIsTheMeanOverTheSamplesOfTheLastSteps() {
    SeriesMemory memory(quantity("conflict.frequency(20)"));
    memory.add(1, 1);
    memory.add(11, 1);
    QVERIFY(memory.value() == SeriesValue());
    memory.add(21, 0);  // the window is 2 .. 21
    QCOMPARE(memory.value(), SeriesValue(0.5));
    memory.add(31, 0);
    QCOMPARE(memory.value(), SeriesValue(0.0));
  }

  void aRestartEmptiesWindowsAndKeepsTheBest() {
    SeriesMemory better(quantity("no_better(loss.a, 2)"));
    for (int step = 1; step <= 3; ++step) better.add(step, step);
    QCOMPARE(better.value(), SeriesValue(true));
    better.restart(3);
    QCOMPARE(better.value(), SeriesValue(false));
    better.add(4, 1.5);  // 1 is still the best
    better.add(5, 1.5);
    QCOMPARE(better.value(), SeriesValue(true));
    SeriesMemory mean(quantity("mean(loss.a, 2)"));
    mean.add(1, 1);
    mean.add(2, 1);
    mean.restart(2);
    mean.add(3, 5);
    QVERIFY(mean.value() == SeriesValue());
    SeriesMemory conflict(quantity("conflict.frequency(2)"));
    conflict.add(2, 1);
    conflict.restart(2);
    conflict.add(3, 1);
    QVERIFY(conflict.value() == SeriesValue());
    conflict.add(4, 0);
    QCOMPARE(conflict.value(), SeriesValue(0.5));
  }

  void aRestoredMemoryGoesOnAsIfNothingHadHappened() {
    for (const auto* text :
         {"best(loss.a)", "mean(loss.a, 3)", "slope(loss.a, 3)", "loss.a", "smoothed(loss.a, 3)",
          "no_better(loss.a, 2)", "not_finite(loss.a)", "conflict.frequency(3)"}) {
      SeriesMemory one(quantity(text));
      for (int step = 1; step <= 3; ++step) one.add(step, step == 2 ? kNaN : 0.1 * step);
      one.restart(1);
      one.add(4, 0.7);
      SeriesMemory other(quantity(text));
      other.restore(one.state());
      for (int step = 5; step <= 7; ++step) {
        one.add(step, 1.0 / step);
        other.add(step, 1.0 / step);
        QVERIFY2(one.value() == other.value(), text);
      }
    }
    SeriesMemory memory(quantity("mean(loss.a, 3)"));
    QVERIFY_EXCEPTION_THROWN(memory.restore({1, 2, 3}), eq::Error);
    QVERIFY_EXCEPTION_THROWN(memory.restore({kNaN, 2, 3, 1, 1, 1, 1, 1, 1}), eq::Error);
  }
};

EQUIPOISE_TEST(TestSeriesMemory)
#include "tst_series_memory.moc"
