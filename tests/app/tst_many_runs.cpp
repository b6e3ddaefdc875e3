#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>
#include <utility>

#include <QPixmapCache>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/run_folder.h"
#include "tests/registry.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"

using eq::app::MainWindow;
using namespace eq::widgets;

namespace {

constexpr int kWarmUp = 30;  // runs, until the allocator and the libraries hold what they need
constexpr int kRuns = 100;
constexpr int kLong = 60000;  // ms

/// What a leak by the run would lose: a page. A run that is told and listed costs below 1 kB (its
/// row in the table, its name); what is trained and shown is a hundred times more.
constexpr double kKilobytesARun = 4;

std::ptrdiff_t entriesOf(const char* folder) {
  const std::filesystem::directory_iterator entries(folder);
  return std::distance(begin(entries), end(entries));
}

struct Holdings {
  std::ptrdiff_t threads = 0, handles = 0;
  double kilobytes = 0;
};

/// Threads and handles as Linux counts them; memory that is in use, in all arenas of the allocator,
/// whatever it holds back. Without what Qt's cache of pictures holds (at most 10 MB).
Holdings holdings() {
  QPixmapCache::clear();
  const auto heap = mallinfo2();
  return {entriesOf("/proc/self/task"), entriesOf("/proc/self/fd"),
          static_cast<double>(heap.uordblks + heap.hblkhd) / 1024};
}

/// While no run is followed, and between two looks of the table at the other runs: what is lost
/// stands in every look, a thread or a handle that is about to end does not.
Holdings holdingsAtRest(MainWindow& window) {
  window.runs().leave();
  Holdings rest = holdings();
  for (int look = 0; look < 10; ++look) {
    QTest::qWait(50);
    const auto now = holdings();
    rest.kilobytes = std::min(rest.kilobytes, now.kilobytes);
    rest.threads = std::min(rest.threads, now.threads);
    rest.handles = std::min(rest.handles, now.handles);
  }
  return rest;
}

eq::train::Experiment shortRun(int threads) {
  return eq::train::experimentFromJson(
      nlohmann::json{{"name", "Short valleys"},
                     {"data", {{"id", "two_valleys"}, {"start", "upper_left"}}},
                     {"model", {{"id", "point"}}},
                     {"balancer", {{"gradient", {{"id", "pcgrad"}}}}},
                     {"batch_size", 1},
                     {"epochs", 1000000},
                     {"conflict", {{"every", 2}}},
                     {"threads", threads}});
}

}  // namespace

/// A window that is open for weeks starts hundreds of runs.
class TestManyRuns : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("many-runs");
  }

  void aHundredRunsLeaveNoThreadNoHandleAndNoMemory() {
    MainWindow window(folder_.path().toStdString());
    window.resize(1280, 800);
    window.show();
    for (int run = 0; run < kWarmUp; ++run) play(window, run);
    const auto before = holdingsAtRest(window);
    for (int run = 0; run < kRuns; ++run) play(window, run);
    const auto after = holdingsAtRest(window);
    const double perRun = (after.kilobytes - before.kilobytes) / kRuns;
    qInfo("%td threads, %td handles, %.0f kB before; %td, %td, %.0f kB after; %.2f kB a run",
          before.threads, before.handles, before.kilobytes, after.threads, after.handles,
          after.kilobytes, perRun);
    QCOMPARE(after.threads, before.threads);
    QCOMPARE(after.handles, before.handles);
#ifdef __SANITIZE_ADDRESS__
    QSKIP("memory is not compared under AddressSanitizer, whose allocator counts otherwise");
#endif
    QVERIFY2(perRun < kKilobytesARun, qPrintable(QString::number(perRun)));
  }

 private:
  /// Started, trained for some steps, stopped and thrown away; each is a run with its checkpoint.
  void play(MainWindow& window, int number) {
    window.openExperiment(shortRun(1 + number % 2));
    window.startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(window.data().x(XUnit::step).size() > 3, kLong);
    window.runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), kLong);
    QVERIFY2(window.messages().text().isEmpty(), qPrintable(window.messages().text()));
    QVERIFY(!eq::run::checkpointsIn(window.runs().present()).empty());
    std::filesystem::remove_all(window.runs().present());
  }

  QTemporaryDir folder_;
};

EQUIPOISE_TEST(TestManyRuns)
#include "tst_many_runs.moc"
