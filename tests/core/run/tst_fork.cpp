#include <algorithm>
#include <filesystem>
#include <memory>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/run/atomic_file.h"
#include "core/run/database.h"
#include "core/run/lineage.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/train/trainer.h"
#include "tests/core/run/same_records.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::train::Command;
using eq::train::Experiment;
using nlohmann::json;

namespace {

constexpr std::int64_t kSteps = 48;

/// 3 tasks, 4 steps an epoch, dropout, 48 steps; checkpoints of steps 0, 11, 22, 33, 44.
Experiment experimentWith(const std::string& weighting, const std::string& gradient,
                          const json& optimizer) {
  auto experiment = eq::train::experimentFromJson(json::parse(R"({
    "name": "forked",
    "data": {"id": "scale_imbalance", "scales": [1, 3, 10], "inputs": 5, "outputs": 2,
             "train": 64, "validation": 16, "test": 16},
    "model": {"id": "mlp", "hidden": [8, 8], "dropout": 0.2},
    "schedule": {"id": "cosine"}, "keep": {"best": false}, "checkpoint_every": 11,
    "batch_size": 16, "epochs": 12, "threads": 1, "conflict": {"every": 3}})"));
  experiment.balancer.weighting.id = weighting;
  experiment.balancer.gradient.id = gradient;
  experiment.optimizer.params = optimizer;
  experiment.optimizer.id = optimizer.at("id").get<std::string>();
  experiment.optimizer.params.erase("id");
  return experiment;
}

Experiment plain() {
  return experimentWith("uncertainty", "pcgrad", {{"id", "adam"}, {"lr", 0.01}});
}

/// What somebody did to the parent: before, at and behind checkpoints, and twice at one step.
const std::vector<std::pair<std::int64_t, Command>> kCommands{
    {5, Command::setWeight(1, 0.25)},
    {11, Command::setLoss(0, {"huber", {{"delta", 0.5}}})},
    {19, Command::setLearningRate(0.02)},
    {19, Command::setTaskFrozen(2, true)},
    {22, Command::setGradient({"mgda", json::object()})},
    {30, Command::setTaskEnabled(1, false)},
    {37, Command::setTaskEnabled(1, true)}};

/// Trains to `last` and does what was done to the parent from `from` on, as --commands would.
void train(Runner& runner, std::int64_t last, std::int64_t from = 0) {
  while (runner.trainer().stepsDone() < last) {
    for (const auto& [step, command] : kCommands)
      if (step == runner.trainer().stepsDone() && step >= from) runner.apply(command);
    runner.step();
  }
}

std::vector<eq::train::StepRecord> stepsOf(const fs::path& folder) {
  auto steps = RunReader(folder).steps();
  for (auto& step : steps) step.seconds = 0;
  return steps;
}

/// Those that the experiment prescribes: at the ends of epochs, and the last ones.
std::vector<eq::train::EvaluationRecord> evaluationsOf(const fs::path& folder) {
  std::vector<eq::train::EvaluationRecord> found;
  for (auto& one : RunReader(folder).evaluations()) {
    const bool once = std::none_of(found.begin(), found.end(), [&](const auto& other) {
      return other.step == one.step && other.split == one.split;
    });
    if (!once || (one.step % 4 != 0) ||
        (one.split != eq::train::SplitName::validation && one.step != kSteps))
      continue;
    one.seconds = 0;
    one.intervals.clear();
    found.push_back(one);
  }
  return found;
}

/// The newest checkpoint, without what tells of time and place.
std::string stateOf(const fs::path& folder) {
  auto snapshot = eq::run::readSnapshot(RunReader(folder).checkpoints().back().path);
  for (const auto* key : {"seconds", "records"}) snapshot.meta.erase(key);
  return eq::run::toSafetensors(snapshot);
}

std::vector<eq::train::EventRecord> eventsOf(const fs::path& folder, const std::string& kind) {
  auto events = RunReader(folder).events();
  std::erase_if(events, [&](const auto& event) { return event.kind != kind; });
  return events;
}

std::string messageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

bool isSameRun(const fs::path& a, const fs::path& b) {
  return same(stepsOf(a), stepsOf(b)) && same(evaluationsOf(a), evaluationsOf(b)) &&
         stateOf(a) == stateOf(b);
}

}  // namespace

class TestFork : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  fs::path workspace() const { return temporary_->path().toStdString(); }

  fs::path trained(const Experiment& experiment, std::int64_t last = kSteps) const {
    auto runner = Runner::start(experiment, workspace());
    train(*runner, last);
    runner->close();
    return runner->folder();
  }

  /// \param own step from which on nothing of the parent's past is done by the replay.
  fs::path forkedAndTrained(const fs::path& parent, std::int64_t step) const {
    auto runner = Runner::fork(parent, step, workspace());
    train(*runner, kSteps, step + 1);
    runner->close();
    return runner->folder();
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void atAnyStepEqualsItsParentBitForBit_data() {
    QTest::addColumn<QString>("weighting");
    QTest::addColumn<QString>("gradient");
    QTest::addColumn<QByteArray>("optimizer");
    const auto row = [](const char* weighting, const char* gradient, const char* optimizer) {
      QTest::addRow("%s %s %s", weighting, gradient, optimizer)
          << QString(weighting) << QString(gradient) << QByteArray(optimizer);
    };
    row("equal", "", R"({"id": "sgd", "lr": 0.05, "momentum": 0.9})");
    row("uncertainty", "pcgrad", R"({"id": "adam", "lr": 0.01})");
    row("dwa", "cagrad", R"({"id": "adamw", "lr": 0.01})");
    row("gradnorm", "", R"({"id": "adam", "lr": 0.01})");
    row("random", "nash_mtl", R"({"id": "sgd", "lr": 0.05})");
    row("static", "aligned_mtl", R"({"id": "adamw", "lr": 0.02})");
  }
  void atAnyStepEqualsItsParentBitForBit() {
    QFETCH(QString, weighting);
    QFETCH(QString, gradient);
    QFETCH(QByteArray, optimizer);
    const auto parent = trained(experimentWith(weighting.toStdString(), gradient.toStdString(),
                                               json::parse(optimizer.toStdString())));
    QCOMPARE(stepsOf(parent).size(), size_t(kSteps));
    auto steps = eq::RandomStream(7).permutation(kSteps);
    steps.resize(20);
    for (const auto step : steps) {
      const auto child = forkedAndTrained(parent, step);
      QVERIFY2(same(stepsOf(child), stepsOf(parent)), QByteArray::number(qint64(step)));
      QVERIFY2(same(evaluationsOf(child), evaluationsOf(parent)), QByteArray::number(qint64(step)));
      QVERIFY2(stateOf(child) == stateOf(parent), QByteArray::number(qint64(step)));
      QCOMPARE(eventsOf(child, "command").size(), kCommands.size());
      QVERIFY(!eventsOf(child, "started").back().detail.contains("differences"));
      fs::remove_all(child);
    }
  }

  void ofAForkEqualsTheFirstParentAlsoBeforeTheSecondBegan() {
    const auto parent = trained(plain());
    const auto child = forkedAndTrained(parent, 26);
    for (const std::int64_t step : {7, 26, 40})
      QVERIFY(isSameRun(forkedAndTrained(child, step), parent));
    fs::remove_all(parent);
    QVERIFY(isSameRun(forkedAndTrained(child, 15), child));
  }

  void ofAResumedRunGoesWithItsPast() {
    auto shorter = plain();
    shorter.epochs = 6;  // the schedule depends on it
    const auto parent = trained(shorter, 24);
    auto runner = Runner::resume(parent, {{}, 12});
    train(*runner, kSteps);
    runner->close();
    runner.reset();
    for (const std::int64_t step : {13, 24, 31, 47}) {
      auto fork = Runner::fork(parent, step, workspace(),
                               {{}, step < 24 ? std::optional(12.0) : std::nullopt});
      if (step >= 24) {
        train(*fork, kSteps, step + 1);
        fork->close();
        QVERIFY(isSameRun(fork->folder(), parent));
      } else {
        QCOMPARE(fork->trainer().totalSteps(), kSteps);
      }
      QVERIFY(!eventsOf(fork->folder(), "started").back().detail.contains("differences"));
    }
  }

  void ofARunThatDiedInTheMiddleGoesAsFarAsItsRecord() {
    const auto whole = trained(plain());
    auto runner = Runner::start(plain(), workspace());
    train(*runner, 28);
    runner->take();
    const auto parent = runner->folder();
    QVERIFY(isSameRun(forkedAndTrained(parent, 27), whole));  // while it is held by another
    runner.reset();
    QVERIFY(isSameRun(forkedAndTrained(parent, 28), whole));
    QVERIFY(messageOf([&] {
              Runner::fork(parent, 29, workspace());
            }).ends_with(": has done 28 steps; there is no step 29 yet"));
  }

  void passesOverDamagedCheckpoints() {
    const auto parent = trained(plain());
    const auto file = eq::run::checkpointFile(parent, 33);
    auto bytes = eq::run::readWhole(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 8);
    eq::run::writeAtomically(file, bytes);
    const auto child = forkedAndTrained(parent, 35);
    QVERIFY(isSameRun(child, parent));
    QCOMPARE(eventsOf(child, "note").size(), size_t{1});
    for (const std::int64_t step : {0, 11}) fs::remove(eq::run::checkpointFile(parent, step));
    QVERIFY(isSameRun(forkedAndTrained(parent, 12), parent));  // from the beginning
  }

  void changesAsItIsToldAndKeepsThatWhenItIsKilledAtOnce() {
    const auto parent = trained(plain());
    fs::path folder;
    {
      const auto fork = Runner::fork(
          parent, 17, workspace(), {},
          {{"tasks[0].loss.id=l1", "optimizer.lr=0.003", "balancer.gradient=null", "epochs=13"},
           {}});
      folder = fork->folder();
    }
    const auto resumed = Runner::resume(folder);
    const auto& now = resumed->trainer().experiment();
    QCOMPARE(resumed->trainer().stepsDone(), 17);
    QCOMPARE(now.tasks[0].loss.id, std::string("l1"));
    QCOMPARE(now.optimizer.params.at("lr").get<double>(), 0.003);
    QVERIFY(now.balancer.gradient.id.empty());
    QCOMPARE(resumed->trainer().totalSteps(), 52);
    const auto commands = eventsOf(folder, "command");
    QCOMPARE(commands.size(), size_t{2 + 3});
    QVERIFY(std::all_of(commands.end() - 3, commands.end(),
                        [](const auto& event) { return event.step == 17; }));
  }

  void whatCannotChangeIsRefusedByItsPathAndLeavesNothing_data() {
    QTest::addColumn<QString>("setting");
    QTest::addColumn<QString>("path");
    const auto row = [](const char* setting, const char* path) {
      QTest::newRow(setting) << QString(setting) << QString(path);
    };
    row("model.hidden=[4]", "model.hidden");
    row("model.dropout=0.5", "model.dropout: cannot change in a running job");
    row("optimizer.id=sgd", "optimizer.id: cannot");
    row("optimizer.weight_decay=0.5", "optimizer.weight_decay: cannot");
    row("batch_size=8", "batch_size: cannot");
    row("seed=2", "seed: cannot");
    row("schedule.id=constant", "schedule.id: cannot");
    row("tasks[1].metrics=[\"mae\"]", "tasks[1].metrics");
    row("data.noise=9", "data.noise");
    row("epochs=2", "epochs: 2 are 8 steps");
    row("tasks[0].loss.id=nothing", "tasks[0].loss.id");
  }
  void whatCannotChangeIsRefusedByItsPathAndLeavesNothing() {
    QFETCH(QString, setting);
    QFETCH(QString, path);
    const auto parent = trained(plain(), 12);
    const auto message = messageOf([&] {
      Runner::fork(parent, 9, workspace(), {}, {{setting.toStdString()}, {}});
    });
    QVERIFY2(QString::fromStdString(message).contains(path), message.c_str());
    QCOMPARE(std::distance(fs::directory_iterator(workspace()), fs::directory_iterator()), 1);
  }

  void knowsItsParentByIdAndFindsItWhereBothWereMoved() {
    const auto parent = trained(plain(), 12);
    const auto child = Runner::fork(parent, 10, workspace())->folder();
    const auto of = RunReader(parent).info(), info = RunReader(child).info();
    QCOMPARE(of.id.size(), size_t{32});
    QVERIFY(info.id != of.id);
    QCOMPARE(info.parentId, of.id);
    QCOMPARE(info.parentFolder, parent);
    const auto moved = workspace() / "elsewhere" / "deep";
    fs::create_directories(moved);
    fs::rename(parent, moved / parent.filename());
    fs::rename(child, moved / child.filename());
    const auto there = RunReader(moved / child.filename()).info();
    QCOMPARE(there.parentFolder, moved / parent.filename());
    fs::rename(moved / child.filename(), child);
    QCOMPARE(eq::run::parentFolder(RunReader(child).info()), parent);  // a hint that leads nowhere
  }

  void aRunOfAnEarlierVersionGetsAnId() {
    const auto parent = trained(plain(), 12);
    eq::run::Database(eq::run::databaseFile(parent), eq::run::Database::Mode::write)
        .execute("DELETE FROM info WHERE key = 'id'");
    QVERIFY(RunReader(parent).info().id.empty());
    const auto child = Runner::fork(parent, 10, workspace())->folder();
    QCOMPARE(RunReader(parent).info().id.size(), size_t{32});
    QCOMPARE(RunReader(child).info().parentId, RunReader(parent).info().id);
  }

  void saysFromWhichStepOnItsLossesAreOthers() {
    const auto parent = trained(plain());
    eq::run::Database(eq::run::databaseFile(parent), eq::run::Database::Mode::write)
        .execute("UPDATE task_steps SET loss = loss * 1.0000001 WHERE step = 40 AND task = 1");
    const auto difference = [&](std::int64_t step) {
      const auto child = Runner::fork(parent, step, workspace())->folder();
      return eventsOf(child, "started").back();
    };
    QVERIFY(!difference(39).detail.contains("differences"));
    const auto event = difference(41);
    QVERIFY(event.detail.at("differences") ==
            json{"other losses than the recorded ones from step 40 on"});
    QVERIFY2(event.text.find("from step 40 on") != std::string::npos, event.text.c_str());
  }

  /// Replaying may take hours.
  void aFieldThatCannotChangeIsRefusedBeforeAStepIsMadeAgain() {
    const auto parent = trained(plain());
    int replayed = 0;
    eq::run::Before before;
    before.replayed = [&](std::int64_t, std::int64_t) { ++replayed; };
    const auto message = messageOf([&] {
      Runner::fork(parent, 21, workspace(), {}, {{"batch_size=8"}, {}}, before);
    });
    QVERIFY2(message.find("batch_size: cannot") != std::string::npos, message.c_str());
    QCOMPARE(replayed, 0);
  }

  /// The window is killed a moment after the fork was made.
  void itsCommandsArePartOfItBeforeItsFirstStep() {
    const auto parent = trained(plain());
    auto fork = Runner::fork(parent, 21, workspace(), {},
                             {{}, {eq::train::Command::setLearningRate(0.0625)}});
    const auto folder = fork->folder();
    fork.reset();
    const auto events = RunReader(folder).events();
    QCOMPARE(events.back().kind, std::string("command"));
    QCOMPARE(events.back().step, std::int64_t(21));
    const auto again = Runner::resume(folder);
    QCOMPARE(again->trainer().experiment().optimizer.params.at("lr").get<double>(), 0.0625);
  }

  /// Its best checkpoint was one that stands in the parent's folder alone.
  void itsBestIsOneThatItHas() {
    auto experiment = plain();
    experiment.keep.best = true;
    const auto parent = trained(experiment);
    auto fork = Runner::fork(parent, 40, workspace(), {}, {{"optimizer.lr=1e-9"}, {}});
    train(*fork, kSteps, 41);
    fork->close();
    std::vector<std::int64_t> kept;
    for (const auto& found : RunReader(fork->folder()).checkpoints()) kept.push_back(found.step);
    QVERIFY(kept.front() == 40 && std::find(kept.begin(), kept.end(), 44) != kept.end());
  }

  void aReplayCanBeEndedAndLeavesNothing() {
    const auto parent = trained(plain());
    std::vector<std::int64_t> seen;
    eq::run::Before before;
    before.replayed = [&](std::int64_t step, std::int64_t last) {
      if (last != 21) qFatal("the last step is another");
      seen.push_back(step);
      if (step == 15) eq::fail("enough");
    };
    QCOMPARE(messageOf([&] { Runner::fork(parent, 21, workspace(), {}, {}, before); }),
             std::string("enough"));
    QCOMPARE(seen, (std::vector<std::int64_t>{12, 13, 14, 15}));
    QCOMPARE(std::distance(fs::directory_iterator(workspace()), fs::directory_iterator()), 1);
  }
};

EQUIPOISE_TEST(TestFork)
#include "tst_fork.moc"
