#include "core/run/predictions/recorded_predictions.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::RecordedPredictions;
using eq::run::Runner;
using eq::run::RunReader;
using eq::train::SplitName;
using nlohmann::json;

namespace {

eq::train::Experiment recordedWine() {
  return eq::train::experimentFromJson(json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"},
                         {"column": "alcohol", "kind": "number"}]},
    "tasks": [{"name": "cultivar", "loss": {"id": "cross_entropy"}},
              {"name": "alcohol", "loss": {"id": "gaussian_nll"}, "metrics": [{"id": "mae"}]}],
    "model": {"id": "mlp", "hidden": [16]},
    "optimizer": {"id": "adam", "lr": 0.01}, "checkpoint_every": 20,
    "batch_size": 32, "epochs": 15, "threads": 1})"),
                                       eq::test::inSource("samples"));
}

/// The newest evaluation of a split up to a step.
eq::train::EvaluationRecord evaluationAt(const fs::path& run, SplitName split, std::int64_t step) {
  eq::train::EvaluationRecord found;
  for (const auto& one : RunReader(run).evaluations())
    if (one.split == split && one.step <= step) found = one;
  return found;
}

}  // namespace

class TestRecordedPredictions : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    eq::train::useThreads(1);
    auto runner = Runner::start(recordedWine(), folder_.path().toStdString());
    while (!runner->finished()) runner->step();
    runner->close();
    run_ = runner->folder();
  }

  void theListAddsUpToTheRecord() {
    RecordedPredictions recorded(run_, std::nullopt);
    for (const auto split : {SplitName::validation, SplitName::test}) {
      const auto page = recorded.page({0, split, {}, 0, 1000});
      const auto values = evaluationAt(run_, split, page.step).tasks.at(0);
      QCOMPARE(page.counts.accuracy, values.at("accuracy"));
      std::int64_t right = 0;
      double sum = 0;
      for (const auto& row : page.rows) {
        right += row.right;
        sum += row.error;
        QCOMPARE(row.example.output.size(), size_t{3});
      }
      QCOMPARE(static_cast<double>(right) / static_cast<double>(page.rows.size()),
               values.at("accuracy"));
      QVERIFY(std::abs(sum / static_cast<double>(page.rows.size()) - values.at("loss")) < 1e-6);
    }
    QVERIFY(recorded.remarks().empty());
  }

  void numbersAreInTheirUnitWithIntervals() {
    RecordedPredictions recorded(run_, std::nullopt);
    const auto page = recorded.page({1, SplitName::validation, {}, 0, 1000});
    QVERIFY(!page.interval.empty());
    double sum = 0;
    for (const auto& row : page.rows) {
      const double target = row.example.target.at(0), output = row.example.output.at(0);
      QVERIFY(target > 10 && target < 16);  // % of alcohol in wine
      QVERIFY(row.example.low.at(0) < output && output < row.example.high.at(0));
      sum += std::abs(target - output);
    }
    const auto values = evaluationAt(run_, SplitName::validation, page.step).tasks.at(1);
    QVERIFY(std::abs(sum / static_cast<double>(page.rows.size()) - values.at("mae")) < 1e-6);
  }

  /// The inputs are the table's own numbers: no column of the sample lies around 0.
  void inputsAreInTheirUnit() {
    RecordedPredictions recorded(run_, std::nullopt);
    const auto page = recorded.page({0, SplitName::validation, {}, 0, 3});
    QCOMPARE(page.inputs.size(), page.rows.at(0).example.input.size());
    for (size_t i = 0; i < page.inputs.size(); ++i) {
      if (page.inputs[i].name != "proline") continue;
      QVERIFY(page.rows.at(0).example.input[i] > 200);
      return;
    }
    QFAIL("the sample has a column proline");
  }

  void pagesMakeTheWholeList() {
    RecordedPredictions recorded(run_, std::nullopt);
    const auto all = recorded.page({0, SplitName::train, {}, 0, 1000});
    QCOMPARE(all.matching, static_cast<std::int64_t>(all.rows.size()));
    std::vector<std::int64_t> indices;
    for (std::int64_t first = 0; first < all.matching; first += 7)
      for (const auto& row : recorded.page({0, SplitName::train, {}, first, 7}).rows)
        indices.push_back(row.example.index);
    QCOMPARE(indices.size(), all.rows.size());
    for (size_t i = 0; i < indices.size(); ++i) QCOMPARE(indices[i], all.rows[i].example.index);
    std::sort(indices.begin(), indices.end());
    for (size_t i = 0; i < indices.size(); ++i) QCOMPARE(indices[i], static_cast<std::int64_t>(i));
  }

  void anEarlierCheckpointIsItsOwnStep() {
    const auto checkpoints = eq::run::checkpointsIn(run_);
    QVERIFY(checkpoints.size() >= 2);
    const auto first = checkpoints[0].step, second = checkpoints[1].step;
    QVERIFY(second > first + 1);
    const auto middle = (first + second) / 2;
    QCOMPARE(eq::run::nearestCheckpoint(run_, middle), first);
    QCOMPARE(eq::run::nearestCheckpoint(run_, middle + 1), second);
    QCOMPARE(eq::run::nearestCheckpoint(run_, std::nullopt), checkpoints.back().step);
    RecordedPredictions recorded(run_, first);
    QCOMPARE(recorded.page({0, SplitName::validation, {}, 0, 1}).step, first);
    QVERIFY_THROWS_EXCEPTION(eq::Error, RecordedPredictions(run_, first + 1));
  }

  void whatIsToldToEndBeginsAnew() {
    RecordedPredictions recorded(run_, std::nullopt);
    const eq::train::PredictionRequest request{0, SplitName::train, {}, 0, 5};
    const auto ends = [](std::int64_t, std::int64_t) { return false; };
    QVERIFY_THROWS_EXCEPTION(eq::Error, recorded.page(request, ends));
    QCOMPARE(recorded.page(request).rows.size(), size_t{5});
    // The survey is kept: nothing is told of a second one.
    QCOMPARE(recorded.page(request, ends).rows.size(), size_t{5});
  }

  void changedDataAreSaid() {
    QTemporaryDir project;
    const fs::path place = project.path().toStdString();
    fs::copy_file(eq::test::inSource("samples/data/wine.csv"), place / "wine.csv");
    auto experiment = recordedWine();
    experiment.folder = place;
    experiment.data.params["path"] = "wine.csv";
    experiment.epochs = 1;
    auto runner = Runner::start(experiment, place);
    while (!runner->finished()) runner->step();
    runner->close();
    const auto run = runner->folder();
    runner.reset();
    auto text = eq::run::readWhole(place / "wine.csv");
    const auto line = text.find('\n') + 1;
    const auto digit = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(line), text.end(),
                                    [](char c) { return c == '4'; });
    *digit = '5';
    eq::run::writeAtomically(place / "wine.csv", text);
    const RecordedPredictions recorded(run, std::nullopt);
    QCOMPARE(recorded.remarks().size(), size_t{1});
    QVERIFY(recorded.remarks()[0].find("differ from those") != std::string::npos);
  }

 private:
  QTemporaryDir folder_;
  fs::path run_;
};

EQUIPOISE_TEST(TestRecordedPredictions)
#include "tst_recorded_predictions.moc"
