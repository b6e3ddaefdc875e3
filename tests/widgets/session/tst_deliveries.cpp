#include "widgets/session/deliveries.h"

#include <atomic>
#include <thread>
#include <vector>

#include <QTest>

#include "tests/registry.h"

using eq::widgets::Deliveries;

class TestDeliveries : public QObject {
  Q_OBJECT

 private slots:
  void piecesComeInOrderAndInThisThread() {
    Deliveries deliveries;
    std::vector<int> order;
    std::vector<std::thread::id> threads;
    std::thread([&] {
      for (int i = 0; i < 5; ++i)
        deliveries.post([&, i] {
          order.push_back(i);
          threads.push_back(std::this_thread::get_id());
        });
    }).join();
    QVERIFY(order.empty());
    QTRY_COMPARE(order, std::vector<int>({0, 1, 2, 3, 4}));
    QCOMPARE(threads, std::vector<std::thread::id>(5, std::this_thread::get_id()));
  }

  /// As of a run that has news faster than they are drawn: a pass of the event loop ends all the
  /// same, and what a person does comes between.
  void newsWithoutEndLeaveRoomForOtherEvents() {
    Deliveries deliveries;
    int pieces = 0, others = 0;
    const std::function<void()> again = [&] {
      ++pieces;
      deliveries.post(again);
    };
    deliveries.post(again);
    for (int pass = 1; pass <= 20; ++pass) {
      QMetaObject::invokeMethod(
          this, [&] { ++others; }, Qt::QueuedConnection);
      QCoreApplication::processEvents();
      QCOMPARE(others, pass);
      QVERIFY2(pieces <= pass, qPrintable(QString("%1 in pass %2").arg(pieces).arg(pass)));
    }
    QTRY_VERIFY(pieces >= 20);
  }

  void aThreadWaitsUntilItIsHeard() {
    Deliveries deliveries;
    std::atomic<bool> heard = false;
    bool taken = false;
    deliveries.post([&] { taken = true; });
    std::jthread thread(
        [&](const std::stop_token& token) { heard = deliveries.waitUntilTaken(token); });
    QTest::qSleep(20);
    QVERIFY(!heard && !taken);
    QTRY_VERIFY(heard);
    QVERIFY(taken);
  }

  void aThreadThatIsStoppedWaitsNoLonger() {
    Deliveries deliveries;
    bool heard = true, taken = false;
    deliveries.post([&] { taken = true; });
    std::jthread thread(
        [&](const std::stop_token& token) { heard = deliveries.waitUntilTaken(token); });
    thread.request_stop();
    thread.join();
    QVERIFY(!heard && !taken);
  }
};

EQUIPOISE_TEST(TestDeliveries)
#include "tst_deliveries.moc"
