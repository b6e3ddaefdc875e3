#include <atomic>
#include <functional>
#include <stdexcept>

#include <QSignalSpy>
#include <QTest>

#include "core/base/error.h"
#include "tests/registry.h"
#include "widgets/session/session.h"

using namespace eq::widgets;
using eq::train::Command;

namespace {

/// What the fakes below do, seen from outside of the training thread.
struct Watch {
  std::atomic<int> steps = 0;
  std::atomic<int> closed = 0;
  std::atomic<int> failed = 0;
  std::atomic<int> destroyed = 0;
  std::function<void()> closing;  ///< done in the training thread while the run closes
};

/// Counts to `total`; fails at `failAt`.
class CountingJob : public Job {
 public:
  CountingJob(Watch& watch, int total, int failAt = -1)
      : watch_(watch), total_(total), failAt_(failAt) {}
  ~CountingJob() override { ++watch_.destroyed; }

  RunFacts facts() const override {
    RunFacts facts;
    facts.totalSteps = total_;
    return facts;
  }
  bool finished() const override { return step_ >= total_; }
  void step() override {
    if (step_ == failAt_) throw eq::Error("the device is gone", eq::ErrorKind::failure);
    eq::train::StepRecord record;
    record.step = ++step_;
    records_.steps.push_back(record);
    ++watch_.steps;
  }
  void apply(const Command& command) override {
    if (command.kind == Command::Kind::setLearningRate) eq::fail("optimizer.lr: too large");
    eq::train::EventRecord event;
    event.step = step_;
    event.text = command.text;
    records_.events.push_back(event);
  }
  eq::train::Experiment experiment() const override { return {}; }
  eq::train::ExampleView examples(const eq::train::ExampleRequest& request) const override {
    return {request, 0, {}, {}, {}};
  }
  std::vector<eq::train::ExamplePicture> pictures(const std::vector<std::int64_t>&) const override {
    return {};
  }
  std::filesystem::path checkpoint() override { return "step-" + std::to_string(step_); }
  eq::run::Records take() override { return std::exchange(records_, {}); }
  void close() override {
    ++watch_.closed;
    if (watch_.closing) watch_.closing();
  }
  void fail(const std::string&) override { ++watch_.failed; }

 private:
  Watch& watch_;
  int total_, failAt_;
  int step_ = 0;
  eq::run::Records records_;
};

Session::JobFactory counting(Watch& watch, int total, int failAt = -1) {
  return [&watch, total, failAt](const StartRequest&) {
    return std::make_unique<CountingJob>(watch, total, failAt);
  };
}

}  // namespace

class TestSession : public QObject {
  Q_OBJECT

 private slots:
  void deliversAllRecordsInOrder() {
    Watch watch;
    Session session(nullptr, counting(watch, 50000));
    std::int64_t next = 1;
    bool inOrder = true;
    connect(&session, &Session::recordsArrived, this, [&](const eq::run::Records& records) {
      for (const auto& step : records.steps) inOrder = inOrder && step.step == next++;
    });
    QSignalSpy opened(&session, &Session::opened);
    QSignalSpy ended(&session, &Session::ended);
    session.start({});
    QVERIFY(session.active());
    QVERIFY(ended.wait(20000));
    QVERIFY(inOrder);
    QCOMPARE(next, std::int64_t{50001});
    QCOMPARE(opened.size(), 1);
    QCOMPARE(session.state(), SessionState::idle);
    QCOMPARE(watch.closed, 1);
    QCOMPARE(watch.destroyed, 1);
  }

  void pausesStepsAndGoesOn() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000));
    QSignalSpy ended(&session, &Session::ended);
    session.start({}, true);
    QTRY_COMPARE(session.state(), SessionState::paused);
    QCOMPARE(watch.steps, 0);
    session.stepOnce();
    QTRY_COMPARE(watch.steps, 1);
    session.stepOnce(3);
    QTRY_COMPARE(watch.steps, 4);
    QTest::qWait(30);
    QCOMPARE(watch.steps, 4);
    session.resume();
    QVERIFY(ended.wait(10000));
    QCOMPARE(watch.steps, 1000);
  }

  void answersCommandsAndRefusals() {
    Watch watch;
    Session session(nullptr, counting(watch, 10));
    QSignalSpy refused(&session, &Session::commandRefused);
    QSignalSpy changed(&session, &Session::experimentChanged);
    QSignalSpy checkpointed(&session, &Session::checkpointed);
    session.start({}, true);
    session.send(Command::note("here"));
    session.send(Command::setLearningRate(1));
    session.checkpoint();
    QTRY_COMPARE(checkpointed.size(), 1);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(refused.size(), 1);
    QCOMPARE(refused[0][1].toString(), QString("optimizer.lr: too large"));
    QCOMPARE(checkpointed[0][0].toString(), QString("step-0"));
    QCOMPARE(session.state(), SessionState::paused);  // the run goes on
  }

  /// Found by the monkey: nobody heard of a change that was asked for while the run closed.
  void aChangeThatComesTooLateIsRefused() {
    Watch watch;
    Session session(nullptr, counting(watch, 3));
    watch.closing = [&] { session.send(Command::note("too late")); };
    QSignalSpy refused(&session, &Session::commandRefused);
    QSignalSpy ended(&session, &Session::ended);
    session.start({});
    QVERIFY(ended.wait(20000));
    QCOMPARE(refused.size(), 1);
    QCOMPARE(refused[0][0].value<Command>().text, std::string("too late"));
    QVERIFY2(refused[0][1].toString().contains("had ended before"),
             qPrintable(refused[0][1].toString()));
    QCOMPARE(ended[0][0].toString(), QString());
  }

  void failureEndsTheRunOnly() {
    Watch watch;
    Session session(nullptr, counting(watch, 100, 7));
    QSignalSpy ended(&session, &Session::ended);
    session.start({});
    QVERIFY(ended.wait(5000));
    QCOMPARE(ended[0][0].toString(), QString("the device is gone"));
    QCOMPARE(watch.failed, 1);
    QCOMPARE(watch.closed, 0);
    QCOMPARE(session.state(), SessionState::idle);
  }

  void failureAtTheStartIsTold() {
    Session session(nullptr, [](const StartRequest&) -> std::unique_ptr<Job> {
      throw std::runtime_error("no such file");
    });
    QSignalSpy ended(&session, &Session::ended);
    session.start({});
    QVERIFY(ended.wait(5000));
    QCOMPARE(ended[0][0].toString(), QString("no such file"));
  }

  void stopsAndStartsAgain() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    for (int i = 1; i <= 3; ++i) {
      QSignalSpy ended(&session, &Session::ended);
      session.start({});
      QTRY_VERIFY(watch.steps > 0);
      session.stop();
      QVERIFY(ended.wait(5000));
      QCOMPARE(watch.closed, i);
    }
  }

  void destroyingARunningSessionJoins() {
    Watch watch;
    {
      Session session(nullptr, counting(watch, 1000000000));
      session.start({});
      QTRY_VERIFY(watch.steps > 0);
    }
    QCOMPARE(watch.destroyed, 1);
    QCOMPARE(watch.closed, 1);
  }
};

EQUIPOISE_TEST(TestSession)
#include "tst_session.moc"
