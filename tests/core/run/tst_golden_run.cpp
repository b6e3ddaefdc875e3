#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/json_file.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/run/series_export.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using nlohmann::json;

namespace {

const fs::path kGolden = eq::test::inSource("tests/core/run/golden");

bool near(double found, double expected, double share) {
  return std::abs(found - expected) <= share * std::max(1.0, std::abs(expected));
}

/// \param share by which numbers may differ: 0 for those that were recorded.
void compareStep(const eq::train::StepRecord& step, const json& expected, double share) {
  QCOMPARE(step.step, expected.at("step").get<std::int64_t>());
  for (size_t k = 0; k < 2; ++k) {
    QVERIFY(near(step.losses.at(k), expected.at("losses").at(k).get<double>(), share));
    QVERIFY(near(step.weights.at(k), expected.at("weights").at(k).get<double>(), share));
  }
}

}  // namespace

/// A run folder of version 0.1.0, as it was before the first release, opened by every later one. It
/// was made by `equipoise-cli run golden/experiment.json --steps 14` beside samples/data/wine.csv;
/// expected.json has its last recorded step and those that `resume` then trained, on another
/// machine perhaps. It is never made anew: what no longer opens it breaks the runs of users.
class TestGoldenRun : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  json expected_;

  fs::path copy() const { return fs::path(temporary_->path().toStdString()) / "golden"; }
  static eq::run::Changes withData() { return {.data = eq::test::inSource("samples/data")}; }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() {
    expected_ = eq::readJsonFile(kGolden / "expected.json");
    temporary_ = std::make_unique<QTemporaryDir>();
    fs::copy(kGolden, copy(), fs::copy_options::recursive);
  }

  void isRead() {
    const RunReader run(copy());
    QCOMPARE(run.info().name, std::string("golden"));
    QCOMPARE(run.info().steps, std::int64_t{14});
    QCOMPARE(run.tasks(), (std::vector<std::string>{"cultivar", "alcohol"}));
    const auto steps = run.steps();
    QCOMPARE(steps.size(), size_t{14});
    compareStep(steps.back(), expected_.at("steps").at(0), 0);
    std::vector<std::int64_t> checkpoints;
    for (const auto& checkpoint : run.checkpoints()) checkpoints.push_back(checkpoint.step);
    QCOMPARE(checkpoints, (std::vector<std::int64_t>{0, 12, 14}));
    QVERIFY(!run.events().empty());
    const auto evaluations = run.evaluations();
    const auto last = std::find_if(evaluations.rbegin(), evaluations.rend(), [](const auto& one) {
      return one.split == eq::train::SplitName::validation;
    });
    QVERIFY(last != evaluations.rend());
    const auto& metrics = expected_.at("validation");
    QCOMPARE(last->tasks.at(0).at("accuracy"), metrics.at("cultivar").at("accuracy").get<double>());
    QCOMPARE(last->tasks.at(1).at("mae"), metrics.at("alcohol").at("mae").get<double>());
  }

  void goesOnAsItDidThen() {
    {
      const auto runner = Runner::resume(copy(), withData());
      QCOMPARE(runner->trainer().stepsDone(), std::int64_t{14});
      while (!runner->finished()) runner->step();
      runner->close();
    }
    const auto steps = RunReader(copy()).steps();
    QCOMPARE(steps.size(), size_t{20});
    for (const auto& step : expected_.at("steps"))
      compareStep(steps.at(step.at("step").get<size_t>() - 1), step, 1e-4);
  }

  void isForkedAndExported() {
    const auto fork = Runner::fork(copy(), 12, copy().parent_path() / "forks", withData());
    while (fork->trainer().stepsDone() < 14) fork->step();
    const auto child = fork->folder();
    fork->close();
    compareStep(RunReader(child).steps().at(13), expected_.at("steps").at(0), 1e-4);
    const auto csv = eq::run::seriesAsCsv(RunReader(copy()));
    QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), 16);  // header, evaluation of step 0, steps
  }

  void aCheckpointIsRead() {
    const auto snapshot = eq::run::readSnapshot(eq::run::checkpointFile(copy(), 12));
    QCOMPARE(snapshot.meta.at("experiment").at("name").get<std::string>(), std::string("golden"));
    QVERIFY(!snapshot.tensors.empty());
  }
};

EQUIPOISE_TEST(TestGoldenRun)
#include "tst_golden_run.moc"
