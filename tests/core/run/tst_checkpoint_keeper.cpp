#include "core/run/checkpoint_keeper.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <tuple>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/database.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::train::Experiment;
using nlohmann::json;
using Steps = std::vector<std::int64_t>;

namespace {

/// Two tasks, 4 steps an epoch, 40 steps in all.
Experiment experimentThatKeeps(const json& keep, std::int64_t checkpointEvery) {
  auto value = json::parse(R"({
    "name": "kept",
    "data": {"id": "scale_imbalance", "scales": [1, 30], "inputs": 5, "outputs": 2,
             "train": 64, "validation": 16, "test": 16},
    "model": {"id": "mlp", "hidden": [8]},
    "tasks": [{"name": "y1", "metrics": ["r2"]}, {"name": "y2", "metrics": ["mae"]}],
    "optimizer": {"id": "sgd", "lr": 0.003}, "batch_size": 16, "epochs": 10, "threads": 1,
    "evaluate_every": 3})");
  value["keep"] = keep;
  value["checkpoint_every"] = checkpointEvery;
  return eq::train::experimentFromJson(value);
}

Steps standing(const fs::path& folder) {
  Steps steps;
  for (const auto& checkpoint : RunReader(folder).checkpoints()) steps.push_back(checkpoint.step);
  return steps;
}

/// The steps of a task's best value, found again from the record.
std::int64_t bestStep(const fs::path& folder, size_t task, const std::string& metric, double sign) {
  std::int64_t step = -1;
  double best = -std::numeric_limits<double>::infinity();
  for (const auto& evaluation : RunReader(folder).evaluations()) {
    if (evaluation.split != eq::train::SplitName::validation) continue;
    const double value = sign * evaluation.tasks.at(task).at(metric);
    if (value > best) std::tie(best, step) = std::pair(value, evaluation.step);
  }
  return step;
}

int notesWith(const fs::path& folder, const std::string& text) {
  const auto events = RunReader(folder).events();
  return static_cast<int>(std::count_if(events.begin(), events.end(), [&](const auto& event) {
    return event.kind == "note" && event.text.find(text) != std::string::npos;
  }));
}

}  // namespace

class TestCheckpointKeeper : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  fs::path workspace() const { return temporary_->path().toStdString(); }

  fs::path train(const json& keep, std::int64_t checkpointEvery) const {
    auto runner = Runner::start(experimentThatKeeps(keep, checkpointEvery), workspace());
    while (!runner->finished()) runner->step();
    runner->close();
    return runner->folder();
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void theBestOfEachTaskStaysWithoutAnEvent() {
    const auto folder = train({{"size", 0}}, 0);
    const auto first = bestStep(folder, 0, "r2", 1), second = bestStep(folder, 1, "mae", -1);
    QVERIFY(first > 0 && second > 0);
    const auto steps = standing(folder);
    for (const auto step : {first, second})
      QVERIFY(std::find(steps.begin(), steps.end(), step) != steps.end());
    for (const auto& event : RunReader(folder).events())
      if (event.kind == "checkpoint") QVERIFY(event.step == 0 || event.step == 40);
  }

  void whatIsNeitherWantedNorNewGoes() {
    const auto folder = train({{"size", 0}, {"best", false}}, 1);
    QCOMPARE(standing(folder), (Steps{0, 39, 40}));
    QCOMPARE(notesWith(folder, "above 0 GB (keep.size) those are removed"), 1);
  }

  void everyNthIsWrittenAndStays() {
    const auto folder = train({{"size", 0}, {"best", false}, {"every", 15}}, 0);
    QCOMPARE(standing(folder), (Steps{0, 15, 30, 40}));
  }

  void underTheSizeAllStay() {
    const auto folder = train({{"best", false}}, 4);
    QCOMPARE(standing(folder), (Steps{0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40}));
    QCOMPARE(notesWith(folder, "keep.size"), 0);
  }

  void aboveTheSizeWhatStaysIsSpreadEvenly() {
    const auto one = static_cast<double>(
        fs::file_size(RunReader(train({{"best", false}}, 0)).checkpoints().back().path));
    const auto folder = train({{"best", false}, {"size", 8.5 * one / 1e9}}, 1);
    const auto steps = standing(folder);
    QVERIFY2(steps.size() == 7 || steps.size() == 8, qPrintable(QString::number(steps.size())));
    QCOMPARE(steps.front(), 0);
    QCOMPARE(steps.back(), 40);
    QCOMPARE(steps[steps.size() - 2], 39);
    std::int64_t widest = 0;
    for (size_t i = 1; i < steps.size(); ++i) widest = std::max(widest, steps[i] - steps[i - 1]);
    QVERIFY2(widest <= 16, qPrintable(QString::number(widest)));
  }

  /// What was asked for before a run was resumed, and the best of then, are of the record.
  void aResumedRunKnowsWhatWasAskedForAndBest() {
    auto runner = Runner::start(experimentThatKeeps({{"size", 0}}, 1), workspace());
    while (runner->trainer().stepsDone() < 20) {
      runner->step();
      if (runner->trainer().stepsDone() == 7) runner->checkpoint();
    }
    runner->close();
    const auto folder = runner->folder();
    runner.reset();
    runner = Runner::resume(folder);
    while (!runner->finished()) runner->step();
    runner->close();
    Steps wanted{0, 7, 39, 40, bestStep(folder, 0, "r2", 1), bestStep(folder, 1, "mae", -1)};
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    QCOMPARE(standing(folder), wanted);
  }

  /// It lay in memory, and was lost with the run.
  void theBestOfARunThatFailsStays() {
    auto runner = Runner::start(experimentThatKeeps({{"size", 0}}, 0), workspace());
    while (runner->trainer().stepsDone() < 20) runner->step();
    runner->fail("the device is gone");
    const auto folder = runner->folder();
    runner.reset();
    const auto steps = standing(folder);
    for (const auto best : {bestStep(folder, 0, "r2", 1), bestStep(folder, 1, "mae", -1)})
      QVERIFY(best > 0 && std::find(steps.begin(), steps.end(), best) != steps.end());
  }

  /// Earlier versions did not note who asked.
  void noCheckpointOfAnEarlierVersionGoes() {
    auto runner = Runner::start(experimentThatKeeps({{"size", 0}}, 0), workspace());
    while (runner->trainer().stepsDone() < 5) runner->step();
    runner->checkpoint();
    runner->close();
    const auto folder = runner->folder();
    runner.reset();
    {
      eq::run::Database records(eq::run::databaseFile(folder), eq::run::Database::Mode::write);
      records.prepare("UPDATE events SET detail = '[]' WHERE kind = 'checkpoint'").start().next();
    }
    runner = Runner::resume(folder);
    while (!runner->finished()) runner->step();
    runner->close();
    const auto steps = standing(folder);
    QVERIFY(std::find(steps.begin(), steps.end(), 5) != steps.end());
  }

  void whatStaysInAnyCaseMayTakeMoreAndThatIsSaid() {
    const auto folder = train({{"size", 1e-9}, {"best", false}}, 0);
    QCOMPARE(standing(folder), (Steps{0, 40}));
    QCOMPARE(notesWith(folder, "those that stay in any case take more than keep.size, 1e-09 GB"),
             1);
  }

  void fieldsAreCheckedByName() {
    const auto written = eq::train::toJson(experimentThatKeeps({{"every", 9}}, 0));
    QVERIFY(written.at("keep") == (json{{"every", 9}, {"best", true}, {"size", 2.0}}));
    for (const auto& [value, path] : {std::pair(json{{"every", -1}}, "keep.every"),
                                      std::pair(json{{"size", -0.1}}, "keep.size"),
                                      std::pair(json{{"bset", true}}, "keep.bset")}) {
      try {
        experimentThatKeeps(value, 0);
        QFAIL("nothing thrown");
      } catch (const eq::Error& error) {
        QVERIFY2(std::string(error.what()).starts_with(path), error.what());
      }
    }
  }
};

EQUIPOISE_TEST(TestCheckpointKeeper)
#include "tst_checkpoint_keeper.moc"
