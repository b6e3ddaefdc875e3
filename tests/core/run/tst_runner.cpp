#include "core/run/runner.h"

#include <functional>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/full_disk.h"
#include "core/run/run_folder.h"
#include "core/run/safetensors.h"
#include "core/run/same_records.h"
#include "core/run/series_export.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/balancers.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::checkpointFile;
using eq::run::Runner;
using eq::run::RunReader;
using eq::run::RunState;
using eq::train::Command;
using eq::train::Experiment;
using eq::train::MethodSpec;
using nlohmann::json;

namespace {

/// 3 tasks, 4 steps an epoch, dropout; a step takes about a millisecond.
Experiment smallExperiment() {
  return eq::train::experimentFromJson(json::parse(R"({
    "name": "Small one!",
    "data": {"id": "scale_imbalance", "scales": [1, 3, 10], "inputs": 5, "outputs": 2,
             "train": 64, "validation": 16, "test": 16},
    "model": {"id": "mlp", "hidden": [8, 8], "dropout": 0.2},
    "optimizer": {"id": "adam", "lr": 0.01},
    "batch_size": 16, "epochs": 3, "threads": 1, "conflict": {"every": 2}})"));
}

constexpr std::int64_t kTasks = 3;  // of that one

/// With a task of classes, beside one of numbers.
Experiment wine() {
  return eq::train::experimentFromJson(json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"},
                         {"column": "alcohol", "kind": "number"}]},
    "model": {"id": "mlp", "hidden": [8], "dropout": 0.2},
    "batch_size": 32, "epochs": 3, "threads": 1, "evaluate_every": 2})"),
                                       eq::test::inSource("samples"));
}

void stepTo(Runner& runner, std::int64_t step) {
  while (runner.trainer().stepsDone() < step) runner.step();
}

/// Steps without the seconds they took.
std::vector<eq::train::StepRecord> stepsOf(const fs::path& folder) {
  auto steps = RunReader(folder).steps();
  for (auto& step : steps) step.seconds = 0;
  return steps;
}

std::vector<eq::train::EvaluationRecord> evaluationsOf(const fs::path& folder) {
  auto evaluations = RunReader(folder).evaluations();
  for (auto& evaluation : evaluations) evaluation.seconds = 0;
  return evaluations;
}

/// The newest checkpoint, without what tells of time and place.
eq::train::Snapshot stateOf(const fs::path& folder) {
  auto snapshot = eq::run::readSnapshot(RunReader(folder).checkpoints().back().path);
  snapshot.meta.erase("seconds");
  snapshot.meta.erase("records");
  return snapshot;
}

bool sameState(const eq::train::Snapshot& a, const eq::train::Snapshot& b) {
  return eq::run::toSafetensors(a) == eq::run::toSafetensors(b);
}

int countEvents(const fs::path& folder, const std::string& kind) {
  int count = 0;
  for (const auto& event : RunReader(folder).events()) count += event.kind == kind;
  return count;
}

QByteArray messageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

void damage(const fs::path& file) {
  std::string bytes = eq::run::readWhole(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 8);
  eq::run::writeAtomically(file, bytes);
}

}  // namespace

class TestRunner : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  fs::path workspace() const { return temporary_->path().toStdString(); }

  std::unique_ptr<Runner> start(const Experiment& experiment = smallExperiment()) const {
    return Runner::start(experiment, workspace());
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void recordsARunFromStartToEnd() {
    auto runner = start();
    const auto folder = runner->folder();
    QVERIFY(folder.filename().string().ends_with("-small-one"));
    QCOMPARE(RunReader(folder).info().state, RunState::running);
    eq::run::Records taken;
    while (!runner->finished()) {
      runner->step();
      const auto more = runner->take();
      taken.steps.insert(taken.steps.end(), more.steps.begin(), more.steps.end());
    }
    runner->close();
    QCOMPARE(taken.steps.size(), size_t{12});
    QVERIFY(same(RunReader(folder).steps(), taken.steps));
    const auto info = RunReader(folder).info();
    QCOMPARE(info.state, RunState::finished);
    QCOMPARE(info.steps, 12);
    QCOMPARE(info.totalSteps, 12);
    // Step 0, three epochs, and train and test at the end.
    QCOMPARE(RunReader(folder).evaluations().size(), size_t{6});
    // The first, the best of three tasks, which the last epochs have, and the last.
    const auto checkpoints = RunReader(folder).checkpoints();
    QVERIFY(checkpoints.size() >= 2 && checkpoints.size() <= 4);
    QCOMPARE(checkpoints.front().step, 0);
    QCOMPARE(checkpoints.back().step, 12);
    const auto events = RunReader(folder).events();
    QCOMPARE(events.front().kind, std::string("started"));
    QVERIFY(events.front().detail.at("threads") == 1);
    QCOMPARE(countEvents(folder, "finished"), 1);
    const auto experiment = eq::train::readExperiment(folder / "experiment.json");
    QVERIFY(eq::train::toJson(experiment) == RunReader(folder).experiment());
  }

  /// Nobody was told of values replaced and columns left out.
  void notesWhatTheDataReaderRemarked() {
    eq::run::writeAtomically(workspace() / "t.csv", "a,y\n1,2\n,3\n3,4\n4,5\n5,6\n6,7\n");
    auto experiment = wine();
    experiment.folder = workspace();
    experiment.data.params = {{"path", "t.csv"},
                              {"validation", 0.2},
                              {"test", 0.2},
                              {"targets", {{{"column", "y"}, {"kind", "number"}}}}};
    experiment.tasks.clear();
    auto runner = start(experiment);
    runner->checkpoint();
    const auto folder = runner->folder();
    const auto events = RunReader(folder).events();
    QCOMPARE(events[0].kind, std::string("started"));
    QCOMPARE(events[1].kind, std::string("table"));
    const auto column = events[1].detail.at("table").at("columns").at(0);
    QCOMPARE(column.at("kind").get<std::string>(), std::string("number"));
    QCOMPARE(column.at("missing").get<int>(), 1);
    QCOMPARE(events[2].kind, std::string("note"));
    QVERIFY2(events[2].text.ends_with("t.csv:3: column \"a\": 1 missing value replaced by the "
                                      "training mean"),
             events[2].text.c_str());
    runner.reset();
    Runner::fork(folder, 0, workspace())->close();
    Runner::resume(folder)->close();
    for (const auto& run : eq::run::listRuns(workspace()))
      for (const char* kind : {"note", "table"}) QCOMPARE(countEvents(run.folder, kind), 1);
  }

  void aRunThatIsLeftIsStoppedAndGoesOnBitForBit() {
    auto whole = start();
    stepTo(*whole, 12);
    whole->close();
    auto cut = start();
    stepTo(*cut, 6);
    cut->leave();
    const auto folder = cut->folder();
    cut.reset();
    QCOMPARE(RunReader(folder).info().state, RunState::stopped);
    QCOMPARE(RunReader(folder).checkpoints().back().step, 6);
    for (const auto& evaluation : RunReader(folder).evaluations())
      QVERIFY(evaluation.step < 6 && evaluation.intervals.empty());
    auto rest = Runner::resume(folder);
    QCOMPARE(rest->trainer().stepsDone(), 6);
    stepTo(*rest, 12);
    rest->close();
    QVERIFY(same(stepsOf(folder), stepsOf(whole->folder())));
    QVERIFY(sameState(stateOf(folder), stateOf(whole->folder())));
  }

  void obeysItsIntervals() {
    auto experiment = smallExperiment();
    experiment.evaluateEvery = 5;
    experiment.checkpointEvery = 3;
    experiment.keep.best = false;
    auto runner = start(experiment);
    stepTo(*runner, 11);
    runner->take();
    std::vector<std::int64_t> evaluated, kept;
    for (const auto& e : RunReader(runner->folder()).evaluations()) evaluated.push_back(e.step);
    for (const auto& c : RunReader(runner->folder()).checkpoints()) kept.push_back(c.step);
    QCOMPARE(evaluated, (std::vector<std::int64_t>{0, 5, 10}));
    QCOMPARE(kept, (std::vector<std::int64_t>{0, 3, 6, 9}));
  }

  void resumesAndForksBitForBit_data() {
    QTest::addColumn<QByteArray>("weighting");
    QTest::addColumn<QByteArray>("gradient");
    QTest::addColumn<QByteArray>("optimizer");
    const auto row = [](const std::string& weighting, const std::string& gradient,
                        const std::string& optimizer) {
      QTest::newRow((weighting + " " + gradient + " " + optimizer).c_str())
          << QByteArray::fromStdString(weighting) << QByteArray::fromStdString(gradient)
          << QByteArray::fromStdString(optimizer);
    };
    // Numbers have no metric from 0 to 1, which dtp weighs by: see tst_balancer_feed.
    for (const auto* weighting : eq::balance::weightings().descriptors())
      if (weighting->id != "dtp") row(weighting->id, "", "adam");
    for (const auto* gradient : eq::balance::gradientMethods().descriptors())
      if (eq::test::fewestTasks(gradient->id) <= kTasks) row("equal", gradient->id, "adam");
    for (const auto* optimizer : eq::train::optimizers().descriptors())
      row("uncertainty", "pcgrad", optimizer->id);
  }

  void resumesAndForksBitForBit() {
    QFETCH(QByteArray, weighting);
    QFETCH(QByteArray, gradient);
    QFETCH(QByteArray, optimizer);
    auto experiment = smallExperiment();
    const auto methodOf = [](const QByteArray& id) -> eq::train::MethodSpec {
      if (id.isEmpty()) return {"", json::object()};
      return {id.toStdString(), eq::test::neededParams(id.toStdString(), kTasks)};
    };
    experiment.balancer.weighting = methodOf(weighting);
    experiment.balancer.gradient = methodOf(gradient);
    experiment.optimizer = {optimizer.toStdString(), {{"lr", 0.01}}};
    if (optimizer == "sgd") experiment.optimizer.params["momentum"] = 0.9;
    const auto train = [](Runner& runner, std::int64_t last) {
      while (runner.trainer().stepsDone() < last) {
        if (runner.trainer().stepsDone() == 5) runner.apply(Command::setWeight(1, 0.25));
        runner.step();
      }
    };

    auto whole = start(experiment);
    train(*whole, 12);
    whole->close();

    auto cut = start(experiment);
    train(*cut, 7);
    cut->checkpoint();
    train(*cut, 10);
    cut->take();
    const auto folder = cut->folder();
    cut.reset();
    QCOMPARE(RunReader(folder).info().state, RunState::died);
    QCOMPARE(RunReader(folder).info().steps, 10);

    auto forked = Runner::fork(folder, 7, workspace());
    train(*forked, 12);
    forked->close();
    auto resumed = Runner::resume(folder);
    QCOMPARE(resumed->trainer().stepsDone(), 7);
    QCOMPARE(RunReader(folder).info().steps, 7);
    train(*resumed, 12);
    resumed->close();

    QCOMPARE(stepsOf(whole->folder()).size(), size_t{12});
    for (const auto& other : {folder, forked->folder()}) {
      QVERIFY(same(stepsOf(other), stepsOf(whole->folder())));
      QVERIFY(same(evaluationsOf(other), evaluationsOf(whole->folder())));
      QVERIFY(sameState(stateOf(other), stateOf(whole->folder())));
      QCOMPARE(countEvents(other, "command"), 1);
      QCOMPARE(countEvents(other, "finished"), 1);
    }
    const auto info = RunReader(forked->folder()).info();
    QCOMPARE(info.parent, folder.filename().string());
    QCOMPARE(info.parentStep, 7);
  }

  void classReportsResumeAndForkBitForBit() {
    auto whole = start(wine());
    stepTo(*whole, 8);
    whole->close();
    auto cut = start(wine());
    stepTo(*cut, 5);
    cut->checkpoint();
    stepTo(*cut, 7);
    cut->take();
    const auto folder = cut->folder();
    cut.reset();
    auto forked = Runner::fork(folder, 5, workspace());
    auto resumed = Runner::resume(folder);
    for (auto* runner : {forked.get(), resumed.get()}) {
      stepTo(*runner, 8);
      runner->close();
      const auto evaluations = evaluationsOf(runner->folder());
      QCOMPARE(evaluations.back().reports.at(0).classes, 3);
      QVERIFY(same(evaluations, evaluationsOf(whole->folder())));
    }
  }

  void closesWithIntervals() {
    auto runner = start(wine());
    stepTo(*runner, 8);
    runner->close();
    const auto taken = runner->take();
    QCOMPARE(taken.intervals.size(), size_t{2});
    int measured = 0;
    for (const auto& evaluation : RunReader(runner->folder()).evaluations()) {
      if (evaluation.step < 8 || evaluation.split == eq::train::SplitName::train) {
        QVERIFY(evaluation.intervals.empty());
        continue;
      }
      for (const auto& [task, metrics] : evaluation.intervals)
        for (const auto& [metric, interval] : metrics) {
          const double value = evaluation.tasks[task].at(metric);
          QVERIFY2(interval.low < interval.high, metric.c_str());
          // The calibration error of few examples lies below its own resamples.
          QVERIFY2(metric == "ece" || (interval.low <= value && value <= interval.high),
                   metric.c_str());
          QCOMPARE(interval.resamples, 200);
          ++measured;
        }
      // accuracy, ece and loss; mae, r2 and loss
      QCOMPARE(evaluation.intervals.at(0).size() + evaluation.intervals.at(1).size(), size_t{6});
    }
    QCOMPARE(measured, 12);
  }

  void forgetsCommandsAfterTheCheckpoint() {
    auto runner = start();
    stepTo(*runner, 4);
    runner->apply(Command::setLearningRate(0.5));
    runner->checkpoint();
    runner->apply(Command::setLearningRate(0.25));
    runner->apply(Command::note("later"));
    stepTo(*runner, 6);
    runner->take();
    const auto folder = runner->folder();
    runner.reset();
    runner = Runner::resume(folder);
    QCOMPARE(runner->trainer().experiment().optimizer.params.at("lr").get<double>(), 0.5);
    stepTo(*runner, 5);
    runner->close();
    const auto commands = eq::run::commandsAsJson(RunReader(folder));
    QCOMPARE(commands.size(), size_t{1});
    QVERIFY(commands[0].at("step") == 4 && commands[0].at("command").at("value") == 0.5);
    QCOMPARE(countEvents(folder, "resumed"), 1);
    QCOMPARE(RunReader(folder).info().state, RunState::stopped);
    QCOMPARE(RunReader(folder).steps().back().learningRate, 0.5);
  }

  void passesOverADamagedCheckpoint() {
    auto runner = start();
    stepTo(*runner, 4);
    runner->checkpoint();
    stepTo(*runner, 8);
    damage(runner->checkpoint());
    const auto folder = runner->folder();
    runner.reset();
    runner = Runner::resume(folder);
    QCOMPARE(runner->trainer().stepsDone(), 4);
    runner->take();
    QCOMPARE(countEvents(folder, "note"), 1);
    QVERIFY(fs::exists(checkpointFile(folder, 8).string() + ".damaged"));
    runner.reset();
    damage(checkpointFile(folder, 4));
    damage(checkpointFile(folder, 0));
    const auto before = stepsOf(folder).size();
    QVERIFY(messageOf([&] { Runner::resume(folder); }).contains("no checkpoint is intact"));
    QCOMPARE(stepsOf(folder).size(), before);
    QVERIFY(fs::exists(checkpointFile(folder, 4)));
  }

  /// A checkpoint out of reach for a moment counted as damaged: progress was thrown away.
  void stopsAtACheckpointThatCannotBeRead() {
    auto runner = start();
    stepTo(*runner, 4);
    runner->checkpoint();
    stepTo(*runner, 8);
    const auto newest = runner->checkpoint();
    const auto folder = runner->folder();
    runner.reset();
    const auto aside = folder / "aside";
    fs::rename(newest, aside);
    fs::create_directory(newest);
    const auto before = stepsOf(folder).size();
    const auto message = messageOf([&] { Runner::resume(folder); });
    QVERIFY2(message.contains(newest.filename().c_str()) && message.contains("cannot be read"),
             message);
    QVERIFY(fs::exists(newest));
    QCOMPARE(stepsOf(folder).size(), before);
    fs::remove(newest);
    fs::rename(aside, newest);
    fs::rename(newest.parent_path(), aside);
    eq::run::writeAtomically(newest.parent_path(), "no folder");
    QVERIFY(messageOf([&] { Runner::resume(folder); }).contains("checkpoints: cannot be read"));
    fs::remove(newest.parent_path());
    fs::rename(aside, newest.parent_path());
    QCOMPARE(Runner::resume(folder)->trainer().stepsDone(), 8);
  }

  /// Other values went unnoticed; a shorter file gave a message of LibTorch's.
  void noticesOtherData() {
    const auto write = [&](double scale, int rows) {
      std::string text = "a,y\n";
      for (int i = 0; i < rows; ++i) text += fmt::format("{},{}\n", i * i, scale * i);
      eq::run::writeAtomically(workspace() / "t.csv", text);
    };
    write(1, 40);
    auto experiment = wine();
    experiment.folder = workspace();
    experiment.data.params = {{"path", "t.csv"},
                              {"targets", {{{"column", "y"}, {"kind", "number"}}}}};
    experiment.tasks.clear();
    auto runner = start(experiment);
    const auto folder = runner->folder();
    stepTo(*runner, 2);
    runner->close();
    runner.reset();
    const auto lastText = [](const fs::path& run, const std::string& kind) {
      std::string text;
      for (const auto& event : RunReader(run).events())
        if (event.kind == kind) text = event.text;
      return text;
    };
    Runner::resume(folder)->close();
    QCOMPARE(lastText(folder, "resumed"), std::string("resumed at step 2"));
    write(3, 40);
    Runner::resume(folder)->close();
    QCOMPARE(lastText(folder, "resumed"),
             std::string("resumed at step 2; the training and validation and test data differ from "
                         "those of the checkpoint"));
    auto forked = Runner::fork(folder, 0, workspace());
    forked->take();
    QVERIFY(lastText(forked->folder(), "started")
                .ends_with("at step 0; the training and validation and test data differ from those "
                           "of the checkpoint"));
    write(1, 20);
    for (const auto& work :
         {std::function<void()>([&] { Runner::resume(folder); }),
          std::function<void()>([&] { Runner::fork(folder, 0, workspace()); })}) {
      const auto message = messageOf(work);
      QVERIFY2(message.contains("made with 28 examples to train, 6 to validate and 6 to test, but "
                                "the data (table t.csv) now have 14 examples to train, 3 to"),
               message);
    }
  }

  /// The tail of the record was dropped without a word.
  void saysWhichStepsAreTrainedAgain() {
    const auto resumedAfter = [&](int steps) {
      auto runner = start();
      stepTo(*runner, 2);
      runner->checkpoint();
      stepTo(*runner, 2 + steps);
      const auto folder = runner->folder();
      runner.reset();
      Runner::resume(folder)->take();
      std::string text;
      for (const auto& event : RunReader(folder).events())
        if (event.kind == "resumed") text = event.text;
      return text;
    };
    QCOMPARE(resumedAfter(0), std::string("resumed at step 2"));
    QCOMPARE(resumedAfter(1),
             std::string("resumed at step 2; the recorded step after it is trained again"));
    QCOMPARE(resumedAfter(3),
             std::string("resumed at step 2; the 3 recorded steps after it are trained again"));
  }

  /// It came after a minute: a job that was killed before had to begin anew.
  void writesTheFirstCheckpointAfterTenSeconds() {
    auto experiment = smallExperiment();
    experiment.epochs = 100000;
    experiment.keep.best = false;
    auto runner = start(experiment);
    QElapsedTimer timer;
    timer.start();
    while (RunReader(runner->folder()).checkpoints().size() < 2 && timer.elapsed() < 12000) {
      runner->step();
      QTest::qSleep(100);
    }
    QVERIFY(timer.elapsed() >= 9500);
    QCOMPARE(RunReader(runner->folder()).checkpoints().size(), size_t{2});
  }

  void resumesACheckpointThatSaysNothingOfItsData() {
    auto runner = start();
    stepTo(*runner, 2);
    const auto file = runner->checkpoint();
    const auto folder = runner->folder();
    runner.reset();
    auto snapshot = eq::run::readSnapshot(file);
    QCOMPARE(snapshot.meta.erase("data"), size_t{1});
    eq::run::writeSnapshot(file, snapshot);
    QCOMPARE(Runner::resume(folder)->trainer().stepsDone(), 2);
  }

  void beginsAnewWithoutAnyCheckpoint() {
    auto runner = start();
    stepTo(*runner, 3);
    const auto folder = runner->folder();
    runner.reset();
    fs::remove_all(folder / "checkpoints");
    fs::create_directory(folder / "checkpoints");
    runner = Runner::resume(folder);
    QCOMPARE(runner->trainer().stepsDone(), 0);
    QCOMPARE(evaluationsOf(folder).size(), size_t{1});  // of step 0, as when it was started
    stepTo(*runner, 5);
    runner->close();
    QCOMPARE(stepsOf(folder).size(), size_t{5});
  }

  void resumesAFinishedRunWithoutHarm() {
    auto runner = start();
    stepTo(*runner, 12);
    runner->close();
    const auto folder = runner->folder();
    const auto evaluations = evaluationsOf(folder);
    runner.reset();
    runner = Runner::resume(folder);
    QVERIFY(runner->finished());
    runner->close();
    QVERIFY(same(evaluationsOf(folder), evaluations));
    QCOMPARE(RunReader(folder).info().state, RunState::finished);
  }

  void evaluatesAgainAfterACommand() {
    auto runner = start();
    stepTo(*runner, 4);
    runner->apply(Command::setLoss(0, {"l1", json::object()}));
    runner->close();
    const auto evaluations = evaluationsOf(runner->folder());
    QCOMPARE(evaluations.back().step, 4);
    QCOMPARE(std::count_if(evaluations.begin(), evaluations.end(),
                           [](const auto& evaluation) {
                             return evaluation.step == 4 &&
                                    evaluation.split == eq::train::SplitName::validation;
                           }),
             2);
  }

  void survivesAFullDisk() {
    auto runner = start();
    stepTo(*runner, 4);
    runner->checkpoint();
    const auto folder = runner->folder();
    const auto before = stepsOf(folder);
    QByteArray message;
    {
      const FullDisk disk(20);
      message = messageOf([&] {
        stepTo(*runner, 8);
        runner->checkpoint();
      });
      runner->fail(message.toStdString());
      QCOMPARE(runner->take().steps.size(), size_t{8});
    }
    QVERIFY2(message.contains("cannot be written") && message.contains("free some space"), message);
    QVERIFY(same(stepsOf(folder), before));
    QCOMPARE(RunReader(folder).checkpoints().back().step, 4);
    runner->checkpoint();  // there is room again
    QCOMPARE(stepsOf(folder).size(), size_t{8});
  }

  void startLeavesNothingBehindOnAFullDisk() {
    QByteArray message;
    {
      const FullDisk disk(2000);
      message = messageOf([&] { start(); });
    }
    QVERIFY2(message.contains("cannot be written"), message);
    QVERIFY(fs::is_empty(workspace()));
  }

  void failsWithAMessage() {
    auto runner = start();
    stepTo(*runner, 2);
    runner->fail("the device is gone");
    const auto info = RunReader(runner->folder()).info();
    QCOMPARE(info.state, RunState::failed);
    QCOMPARE(info.message, std::string("the device is gone"));
    QCOMPARE(info.steps, 2);
    QCOMPARE(countEvents(runner->folder(), "failed"), 1);
  }

  void refusesWhatCannotBeDone() {
    auto runner = start();
    const auto folder = runner->folder();
    QVERIFY(messageOf([&] { Runner::resume(folder); }).contains("being trained by another"));
    QVERIFY(messageOf([&] {
              Runner::fork(folder, 3, workspace());
            }).contains("has done 0 steps; there is no step 3 yet"));
    QVERIFY(messageOf([&] { Runner::resume(workspace()); }).contains("not a run folder"));
    eq::run::writeAtomically(workspace() / "file", "x");
    QVERIFY(messageOf([&] {
              Runner::start(smallExperiment(), workspace() / "file");
            }).contains("cannot be made"));
    eq::train::Snapshot foreign;
    stepTo(*runner, 5);
    runner->take();
    eq::run::writeSnapshot(checkpointFile(folder, 5), foreign);
    QVERIFY(messageOf([&] {
              Runner::fork(folder, 5, workspace());
            }).contains("is not the checkpoint of a run"));
  }

  /// The checkpoint's JSON held another name, and the data were not found there.
  void resumesFromAFolderWhoseNameIsNotUtf8() {
    const fs::path own = workspace() / "caf\xe9";
    fs::create_directory(own);
    fs::copy_file(eq::test::inSource("samples/data/wine.csv"), own / "own.csv");
    auto experiment = wine();
    experiment.folder = own;
    experiment.data.params["path"] = "own.csv";
    auto runner = Runner::start(experiment, own / "runs");
    stepTo(*runner, 2);
    runner->close();
    const auto folder = runner->folder();
    runner.reset();
    QCOMPARE(Runner::resume(folder)->trainer().stepsDone(), 2);
    QCOMPARE(Runner::fork(folder, 2, own / "runs")->trainer().experiment().folder, own);
    fs::remove_all(own);  // QTemporaryDir does not find it
  }

  void findsItsDataFromAnotherFolder() {
    auto experiment = smallExperiment();
    experiment.folder = "relative";
    auto runner = start(experiment);
    QCOMPARE(RunReader(runner->folder()).dataFolder(), fs::current_path() / "relative");
  }
};

EQUIPOISE_TEST(TestRunner)
#include "tst_runner.moc"
