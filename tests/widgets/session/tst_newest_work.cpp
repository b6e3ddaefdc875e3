#include "widgets/session/newest_work.h"

#include <atomic>
#include <thread>

#include <QSignalSpy>
#include <QTest>

#include "core/base/error.h"
#include "tests/registry.h"

using eq::widgets::NewestWork;

class TestNewestWork : public QObject {
  Q_OBJECT

 private slots:
  void workIsDoneInAnotherThreadAndItsOutcomeInThisOne() {
    NewestWork work;
    std::thread::id there, here;
    work.ask([&](const NewestWork::Progress&) -> NewestWork::Done {
      there = std::this_thread::get_id();
      return [&] { here = std::this_thread::get_id(); };
    });
    QTRY_VERIFY(!work.isBusy());
    QVERIFY(there != here);
    QCOMPARE(here, std::this_thread::get_id());
  }

  void theNewestCountsAndWhatGoesOnIsToldToEnd() {
    NewestWork work;
    std::atomic<bool> begun = false, dropped = false;
    int outcome = 0;
    work.ask([&](const NewestWork::Progress& progress) -> NewestWork::Done {
      begun = true;
      while (progress(0, 1)) std::this_thread::yield();
      dropped = true;
      return [&] { outcome = 1; };
    });
    QTRY_VERIFY(begun);
    for (const int number : {2, 3})
      work.ask([&, number](const NewestWork::Progress&) -> NewestWork::Done {
        return [&, number] { outcome = number; };
      });
    QTRY_COMPARE(outcome, 3);
    QVERIFY(dropped && !work.isBusy());
  }

  void anErrorIsTold() {
    NewestWork work;
    QSignalSpy failed(&work, &NewestWork::failed);
    work.ask([](const NewestWork::Progress&) -> NewestWork::Done {
      throw eq::Error("the disk is gone");
    });
    QTRY_COMPARE(failed.size(), 1);
    QCOMPARE(failed[0][0].toString(), QString("the disk is gone"));
    QVERIFY(!work.isBusy());
  }
};

EQUIPOISE_TEST(TestNewestWork)
#include "tst_newest_work.moc"
