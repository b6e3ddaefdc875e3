#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>

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
  std::atomic<int> left = 0;
  std::atomic<int> failed = 0;
  std::atomic<int> destroyed = 0;
  std::atomic<int> pauses = 0, goingsOn = 0;
  std::atomic<bool> unwritable = false;
  std::atomic<int> moved = 0;
  std::atomic<int> looks = 0, lookTakes = 0;  ///< at predictions; ms
  std::function<void()> closing;              ///< done in the training thread while the run closes
  std::function<eq::run::Asked()> mail;       ///< what others send, asked in the training thread
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
    facts.folder = folder_;
    return facts;
  }
  bool finished() const override { return step_ >= total_; }
  void step() override {
    if (step_ == failAt_) throw eq::Error("the device is gone", eq::ErrorKind::failure);
    eq::train::StepRecord record;
    record.step = ++step_;
    records_.steps.push_back(record);
    ++watch_.steps;
    secure();
  }
  void setPaused(bool paused) override { ++(paused ? watch_.pauses : watch_.goingsOn); }
  eq::run::Asked readMail() override { return watch_.mail ? watch_.mail() : eq::run::Asked(); }
  bool unsaved() const override { return unsaved_; }
  void secure() override {
    unsaved_ = watch_.unwritable;
    if (unsaved_) throw eq::Error("the folder is gone", eq::ErrorKind::failure);
  }
  void moveTo(const std::filesystem::path& workspace) override {
    if (workspace.empty()) eq::fail("no folder");
    ++watch_.moved;
    unsaved_ = false;
    watch_.unwritable = false;
    folder_ = workspace / "run";
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
  eq::train::PredictionPage predictions(
      const eq::train::PredictionRequest& request) const override {
    if (request.task > 1) eq::fail("no such task");
    ++watch_.looks;
    std::this_thread::sleep_for(std::chrono::milliseconds(watch_.lookTakes.load()));
    eq::train::PredictionPage page;
    page.request = request;
    page.step = step_;
    return page;
  }
  std::filesystem::path checkpoint() override { return "step-" + std::to_string(step_); }
  eq::run::Records take() override {
    if (!unsaved_) secure();  // as the runner does: what is shown has been written, or it failed
    return std::exchange(records_, {});
  }
  void close() override {
    secure();
    ++watch_.closed;
    if (watch_.closing) watch_.closing();
  }
  void leave() override { ++watch_.left; }
  void fail(const std::string&) override { ++watch_.failed; }

 private:
  Watch& watch_;
  int total_, failAt_;
  int step_ = 0;
  bool unsaved_ = false;
  std::filesystem::path folder_;
  eq::run::Records records_;
};

/// Has a front, and counts the looks at it.
class FrontJob : public CountingJob {
 public:
  FrontJob(Watch& watch, std::atomic<int>& looks) : CountingJob(watch, 1000000000), looks_(looks) {}
  eq::train::FrontLook frontLook(const eq::train::FrontLookRequest& request) const override {
    ++looks_;
    return {request.preference, 0, request.examples, 2000, {}};
  }

 private:
  std::atomic<int>& looks_;
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

  void aForkCanBeStoppedWhileItsStepsAreMadeAgain() {
    std::atomic<int> replayed = 0;
    Session session(nullptr, [&](const StartRequest& request) -> std::unique_ptr<Job> {
      for (;;) request.before.replayed(++replayed, 1000000000);
    });
    QSignalSpy ended(&session, &Session::ended);
    session.start({});
    QSignalSpy progress(&session, &Session::replayed);
    QTRY_VERIFY(replayed > 10);
    QTRY_VERIFY(!progress.isEmpty());
    QCOMPARE(progress[0][1].toLongLong(), 1000000000LL);
    QCOMPARE(session.state(), SessionState::preparing);
    session.stop();
    QTRY_COMPARE(ended.size(), 1);
    QVERIFY(ended[0][0].toString().contains("stopped before it began"));
  }

  void doesWhatOthersSend() {
    enum Letter { none, pause, goOn, change, stop };
    std::atomic<Letter> letter = none;
    Watch watch;
    watch.mail = [&] {
      eq::run::Asked asked;
      const Letter taken = letter.exchange(none);
      if (taken == pause || taken == goOn) asked.paused = taken == pause;
      asked.changed = taken == change;
      asked.stop = taken == stop;
      return asked;
    };
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy ended(&session, &Session::ended);
    QSignalSpy changed(&session, &Session::experimentChanged);
    session.start({});
    QTRY_COMPARE(session.state(), SessionState::running);
    letter = pause;
    QTRY_COMPARE(session.state(), SessionState::paused);
    const int steps = watch.steps;
    letter = change;
    QTRY_COMPARE(changed.size(), 1);
    QCOMPARE(watch.steps, steps);
    letter = goOn;
    QTRY_COMPARE(session.state(), SessionState::running);
    QTRY_VERIFY(watch.steps > steps);
    letter = stop;
    QTRY_COMPARE(ended.size(), 1);
    QCOMPARE(watch.closed, 1);
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

  void saysInTheRecordThatItWaitsAndGoesOn() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    session.start({});
    QTRY_COMPARE(session.state(), SessionState::running);
    QCOMPARE(watch.goingsOn, 0);  // it begins: that is said already
    session.pause();
    QTRY_COMPARE(session.state(), SessionState::paused);
    QCOMPARE(watch.pauses, 1);
    session.resume();
    QTRY_COMPARE(session.state(), SessionState::running);
    QCOMPARE(watch.goingsOn, 1);
  }

  void aSpeedLimitIsKeptAndLifted() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    session.setLimit(20);
    session.start({});
    QTRY_VERIFY(watch.steps > 0);
    const int before = watch.steps;
    QTest::qWait(1000);
    const int made = watch.steps - before;
    QVERIFY2(made >= 3 && made <= 21, qPrintable(QString::number(made)));
    session.setLimit(0);
    QTRY_VERIFY(watch.steps > before + 1000);
  }

  void underASpeedLimitPauseCommandsAndStopAreHeardAtOnce() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy changed(&session, &Session::experimentChanged);
    QSignalSpy ended(&session, &Session::ended);
    session.setLimit(0.001);  // the next step is a quarter of an hour away
    session.start({});
    QTRY_COMPARE(watch.steps, 1);
    session.send(Command::note("here"));
    QTRY_COMPARE_WITH_TIMEOUT(changed.size(), 1, 2000);
    session.pause();
    QTRY_COMPARE_WITH_TIMEOUT(session.state(), SessionState::paused, 2000);
    session.stepOnce(2);  // steps by hand have no limit
    QTRY_COMPARE_WITH_TIMEOUT(watch.steps, 3, 2000);
    session.resume();
    session.setLimit(0.002);
    QTest::qWait(100);
    QCOMPARE(watch.steps, 3);
    session.stop();
    QVERIFY(ended.wait(2000));
    QCOMPARE(watch.steps, 3);
    QCOMPARE(ended[0][0].toString(), QString());
  }

  /// The run failed, and what it had not written was lost.
  void whatCannotBeWrittenWaitsUntilItCan() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy stuck(&session, &Session::stuck);
    QSignalSpy ended(&session, &Session::ended);
    std::int64_t last = 0;
    connect(&session, &Session::recordsArrived, this, [&](const eq::run::Records& records) {
      for (const auto& step : records.steps) QCOMPARE(step.step, ++last);
    });
    session.start({});
    QTRY_VERIFY(watch.steps > 10);
    watch.unwritable = true;
    QTRY_COMPARE(session.state(), SessionState::stuck);
    QCOMPARE(stuck[0][0].toString(), QString("the folder is gone"));
    const int steps = watch.steps;
    session.retry();  // it is gone still
    QTRY_COMPARE(stuck.size(), 2);
    QCOMPARE(watch.steps, steps);
    QTRY_COMPARE(last, std::int64_t{steps});  // shown, though not written
    watch.unwritable = false;
    session.retry();
    QTRY_COMPARE(session.state(), SessionState::running);
    QTRY_VERIFY(watch.steps > steps);
    session.stop();
    QVERIFY(ended.wait(5000));
    QCOMPARE(ended[0][0].toString(), QString());
    QCOMPARE(last, std::int64_t{watch.steps});
  }

  void aStuckRunGoesOnElsewhere() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy stuck(&session, &Session::stuck);
    std::filesystem::path folder;
    connect(&session, &Session::moved, this, [&](const auto& there) { folder = there; });
    watch.unwritable = true;
    session.start({});
    QTRY_COMPARE(session.state(), SessionState::stuck);
    session.moveTo({});  // nor can it go there
    QTRY_COMPARE(stuck.size(), 2);
    QCOMPARE(stuck[1][0].toString(), QString("no folder"));
    session.moveTo("/elsewhere");
    QTRY_COMPARE(session.state(), SessionState::running);
    QCOMPARE(folder, std::filesystem::path("/elsewhere/run"));
    QCOMPARE(watch.moved, 1);
  }

  void stopGivesUpAStuckRunAndSaysSo() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy ended(&session, &Session::ended);
    watch.unwritable = true;
    session.start({});
    QTRY_COMPARE(session.state(), SessionState::stuck);
    session.stop();
    QVERIFY(ended.wait(5000));
    QCOMPARE(ended[0][0].toString(), QString("the folder is gone"));
    QCOMPARE(watch.failed, 1);
  }

  /// Stop has been asked for before: that is no answer to a question which came later.
  void aRunThatCannotBeClosedAsksAsWell() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy ended(&session, &Session::ended);
    session.start({}, true);
    QTRY_COMPARE(session.state(), SessionState::paused);
    watch.unwritable = true;
    session.stop();
    QTRY_COMPARE(session.state(), SessionState::stuck);
    QTest::qWait(50);
    QCOMPARE(ended.size(), 0);
    watch.unwritable = false;
    session.retry();
    QVERIFY(ended.wait(5000));
    QCOMPARE(ended[0][0].toString(), QString());
    QCOMPARE(watch.closed, 1);
  }

  /// At once when they are asked for, a twentieth of the time after; never unasked.
  void predictionsAreToldWhileTheyAreWatched() {
    Watch watch;
    watch.lookTakes = 100;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy arrived(&session, &Session::predictionsArrived);
    session.start({});
    QTRY_VERIFY(watch.steps > 1000);
    QCOMPARE(watch.looks, 0);
    eq::train::PredictionRequest request;
    request.first = 50;
    session.watchPredictions(request);
    QTRY_COMPARE(arrived.size(), 1);
    const auto page = arrived[0][0].value<eq::train::PredictionPage>();
    QCOMPARE(page.request.first, std::int64_t{50});
    QVERIFY(page.step > 1000);
    QTest::qWait(500);  // the next look is due after two seconds
    QCOMPARE(watch.looks, 1);
    session.pause();
    request.first = 0;
    session.watchPredictions(request);
    QTRY_COMPARE(arrived.size(), 2);
    session.watchPredictions(std::nullopt);
    session.stop();
    QTRY_COMPARE(session.state(), SessionState::idle);
    QCOMPARE(watch.looks, 2);
  }

  void predictionsThatDoNotFitAreRefused() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy refused(&session, &Session::predictionsRefused);
    session.start({}, true);
    eq::train::PredictionRequest request;
    request.task = 9;
    session.watchPredictions(request);
    QTRY_COMPARE(refused.size(), 1);
    QCOMPARE(refused[0][0].toString(), QString("no such task"));
  }

  void endingFromOutsideClosesBeforeItReturns() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy ended(&session, &Session::ended);
    session.start({});
    QTRY_VERIFY(watch.steps > 0);
    session.finish();
    QCOMPARE(watch.left, 1);
    QCOMPARE(watch.closed, 0);
    QCOMPARE(ended.size(), 1);
    QVERIFY(!session.active());
  }

  /// On a busy machine the last evaluations kept the program for minutes.
  void destroyingARunningSessionLeavesTheRunAtOnce() {
    Watch watch;
    {
      Session session(nullptr, counting(watch, 1000000000));
      session.start({});
      QTRY_VERIFY(watch.steps > 0);
    }
    QCOMPARE(watch.destroyed, 1);
    QCOMPARE(watch.left, 1);
    QCOMPARE(watch.closed, 0);
  }

  void aFrontIsLookedAtWhileItIsWatched() {
    Watch watch;
    std::atomic<int> looks = 0;
    Session session(nullptr,
                    [&](const StartRequest&) { return std::make_unique<FrontJob>(watch, looks); });
    QSignalSpy arrived(&session, &Session::frontArrived), opened(&session, &Session::opened);
    session.start({}, true);
    QVERIFY(opened.wait(20000));
    QCOMPARE(looks.load(), 0);
    session.watchFront(eq::train::FrontLookRequest{{.3, .7}, 100});
    QVERIFY(arrived.wait(20000));
    const auto look = arrived.last()[0].value<eq::train::FrontLook>();
    QCOMPARE(look.preference, (std::vector<double>{.3, .7}));
    QCOMPARE(look.examples, 100);
    const int once = looks;  // paused: no more until it is asked again
    QTest::qWait(50);
    QCOMPARE(looks.load(), once);
    session.resume();
    QTRY_VERIFY_WITH_TIMEOUT(looks > once, 20000);
    session.watchFront(std::nullopt);
    session.pause();
    QTRY_COMPARE_WITH_TIMEOUT(session.state(), SessionState::paused, 20000);
    const int last = looks;
    session.stepOnce(3);
    QTest::qWait(50);
    QCOMPARE(looks.load(), last);
  }

  void aJobOfOneModelRefusesTheLook() {
    Watch watch;
    Session session(nullptr, counting(watch, 1000000000));
    QSignalSpy refused(&session, &Session::frontRefused);
    session.start({});
    session.watchFront(eq::train::FrontLookRequest{{.3, .7}, 100});
    QVERIFY(refused.wait(20000));
    QCOMPARE(refused[0][0].toString(), QString("this run trains one model and has no front"));
  }
};

EQUIPOISE_TEST(TestSession)
#include "tst_session.moc"
