#include "core/train/finite_watch.h"

#include <functional>
#include <limits>

#include <QTest>

#include "core/base/error.h"
#include "tests/registry.h"

using eq::train::FiniteWatch;
using eq::train::TakenRecords;

namespace {

/// Steps from `first` to `last`; the loss of the second task is infinite up to `wrong`.
TakenRecords stepsTaken(std::int64_t first, std::int64_t last, std::int64_t wrong) {
  TakenRecords taken;
  for (auto step = first; step <= last; ++step) {
    taken.records.emplace_back();
    taken.records.back().step = step;
    if (step <= wrong)
      taken.nonFinite.push_back({step, 1, std::numeric_limits<double>::infinity()});
  }
  return taken;
}

QByteArray refusalOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.kind() == eq::ErrorKind::failure ? error.what() : "a user's mistake";
  }
  return "nothing thrown";
}

}  // namespace

class TestFiniteWatch : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A run of fewer steps than end one by themselves counted as finished.
  void aRunWhoseStepsWereAllSkippedHasNotMoved() {
    FiniteWatch watch({"left", "right"});
    watch.requireAnyUpdate(0);
    QCOMPARE(watch.read(stepsTaken(1, 12, 12)).size(), size_t{1});
    watch.requireProgress(12);
    QCOMPARE(watch.skipped(), 12);
    QCOMPARE(
        refusalOf([&] { watch.requireAnyUpdate(12); }),
        QByteArray("step 12: the loss of right has not been finite for 12 steps; go back to an "
                   "earlier checkpoint with a lower learning rate or another loss"));
  }

  void oneUpdateIsProgress() {
    FiniteWatch watch({"left", "right"});
    watch.read(stepsTaken(1, 5, 4));
    QCOMPARE(watch.skipped(), 0);
    watch.read(stepsTaken(6, 9, 9));
    QCOMPARE(watch.skipped(), 4);
    watch.requireAnyUpdate(9);
  }

  void aHundredSkippedStepsEndARun() {
    FiniteWatch watch({"left", "right"});
    watch.read(stepsTaken(1, 99, 99));
    watch.requireProgress(99);
    watch.read(stepsTaken(100, 100, 100));
    QVERIFY(refusalOf([&] { watch.requireProgress(100); }).contains("for 100 steps"));
  }
};

EQUIPOISE_TEST(TestFiniteWatch)
#include "tst_finite_watch.moc"
