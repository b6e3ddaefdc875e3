#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <fstream>

#include "core/base/expression_scanner.h"
#include "core/run/run_lock.h"
#include "core/study/recorded_run.h"
#include "core/study/run_index.h"
#include "core/study/run_index_file.h"
#include "core/train/series_expression.h"
#include "tests/registry.h"

namespace fs = std::filesystem;
using namespace eq::study;
using eq::test::RecordedRun;
using eq::train::SeriesValue;
using eq::train::SplitName;

namespace {

RecordedRun recorded(double accuracy, int seed = 1) {
  RecordedRun run;
  run.set("/seed", seed);
  run.at(5, SplitName::validation, {accuracy, 1, std::nan(""), 2});
  run.at(10, SplitName::validation, {accuracy / 2, 3, 0.5, 4});
  eq::train::StepRecord step;
  step.step = 10;
  step.epoch = 1;
  step.losses = {0.25, 0.5};
  step.weights = {1, 1};
  run.records.steps = {step};
  return run;
}

std::vector<std::string> namesIn(const RunIndex& index) {
  std::vector<std::string> names;
  for (const auto& run : index.runs()) names.push_back(run->info.folder.filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

class TestRunIndex : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { place_ = std::make_unique<QTemporaryDir>(); }

  void whatWasReadIsThereAtTheNextStart() {
    recorded(0.9).write(workspace() / "a");
    recorded(0.8).write(workspace() / "b");
    {
      RunIndex index(workspace());
      QVERIFY(index.runs().empty());
      QVERIFY(index.refresh());
      QVERIFY(!index.refresh());
    }
    RunIndex index(workspace());
    QCOMPARE(namesIn(index), (Names{"a", "b"}));
    const auto before = index.runs();
    QVERIFY(!index.refresh());
    QVERIFY(index.runs() == before);  // the same objects: nothing was read again
    const auto fresh = readIndexedRun(workspace() / "a");
    QVERIFY(before[0]->info == fresh.info && before[0]->fields == fresh.fields);
    QVERIFY(before[0]->ends == fresh.ends && *before[0]->layout == *fresh.layout);
    QVERIFY(before[0]->layout == before[1]->layout);  // one for both
    for (std::size_t i = 0; i < fresh.values.size(); ++i)
      QVERIFY(before[0]->values[i] == fresh.values[i] ||
              (std::isnan(before[0]->values[i]) && std::isnan(fresh.values[i])));
  }

  void foldersMayComeGoAndChangeBehindItsBack() {
    recorded(0.9).write(workspace() / "a");
    recorded(0.8).write(workspace() / "b");
    RunIndex(workspace()).refresh();
    fs::remove_all(workspace() / "a");
    fs::copy(workspace() / "b", workspace() / "c", fs::copy_options::recursive);
    eq::run::setTitle(workspace() / "b", "best");
    eq::run::setLabels(workspace() / "c", {"paper", "a note", true});
    RunIndex index(workspace());
    QVERIFY(index.refresh());
    QCOMPARE(namesIn(index), (Names{"b", "c"}));
    QCOMPARE(index.runs()[0]->info.shown(), std::string("best"));
    QVERIFY(index.runs()[1]->labels == (eq::run::RunLabels{"paper", "a note", true}));
    QCOMPARE(namesIn(RunIndex(workspace())), (Names{"b", "c"}));
  }

  void runsOfASweepAreThoseOfTheWorkspace() {
    recorded(0.9).write(workspace() / "a");
    fs::create_directories(workspace() / "race" / "no-run");
    fs::create_directories(workspace() / "other");
    std::ofstream(workspace() / "race" / "sweep.json") << "{}";
    recorded(0.8).write(workspace() / "race" / "b");
    recorded(0.7).write(workspace() / "other" / "c");  // no sweep
    {
      RunIndex index(workspace());
      QVERIFY(index.refresh());
      QCOMPARE(namesIn(index), (Names{"a", "b"}));
      QVERIFY(!index.refresh());
    }
    RunIndex again(workspace());
    QCOMPARE(namesIn(again), (Names{"a", "b"}));
    QVERIFY(again.runs()[1]->info.folder == workspace() / "race" / "b" ||
            again.runs()[0]->info.folder == workspace() / "race" / "b");
    QVERIFY(!again.refresh());
    fs::remove_all(workspace() / "race" / "b");
    QVERIFY(again.refresh());
    QCOMPARE(namesIn(again), (Names{"a"}));
  }

  void aFileThatCannotBeReadIsMadeAnew() {
    recorded(0.9).write(workspace() / "a");
    RunIndex(workspace()).refresh();
    std::ofstream(RunIndex::fileOf(workspace()), std::ios::trunc) << "this is no database at all";
    QVERIFY(RunIndex(workspace()).runs().empty());
    RunIndex(workspace()).refresh();
    QCOMPARE(namesIn(RunIndex(workspace())), Names{"a"});
    fs::remove_all(RunIndex::fileOf(workspace()).parent_path());
    RunIndex index(workspace());
    QVERIFY(index.runs().empty());
    QVERIFY(index.refresh());
    QCOMPARE(namesIn(RunIndex(workspace())), Names{"a"});
  }

  void whereNothingCanBeWrittenEverythingWorksFromMemory() {
    recorded(0.9).write(workspace() / "a");
    std::ofstream(workspace() / ".equipoise") << "a file where the folder of the index would be";
    RunIndex index(workspace());
    QVERIFY(index.refresh());
    QVERIFY(!index.refresh());
    QCOMPARE(namesIn(index), Names{"a"});
    QVERIFY(RunIndex(workspace()).runs().empty());
  }

  void severalMayUseOneFile() {
    recorded(0.9).write(workspace() / "a");
    RunIndex one(workspace()), other(workspace());
    QVERIFY(one.refresh() && other.refresh());
    recorded(0.8).write(workspace() / "b");
    fs::remove_all(workspace() / "a");
    QVERIFY(one.refresh() && other.refresh());
    QCOMPARE(namesIn(one), Names{"b"});
    QCOMPARE(namesIn(other), Names{"b"});
    QCOMPARE(namesIn(RunIndex(workspace())), Names{"b"});
  }

  void aRefreshReadsAtMostSoMany() {
    for (const auto* name : {"a", "b", "c"}) recorded(0.9).write(workspace() / name);
    RunIndex index(workspace());
    QVERIFY(index.refresh(2) && !index.isComplete());
    QCOMPARE(index.runs().size(), std::size_t(2));
    QVERIFY(index.refresh(2) && index.isComplete());
    QCOMPARE(index.runs().size(), std::size_t(3));
  }

  void aRunThatDiesIsSeenWithoutAWrite() {
    const auto folder = recorded(0.9).write(workspace() / "a");
    eq::run::RunWriter::open(folder)->setState(eq::run::RunState::running);
    RunIndex index(workspace());
    {
      const eq::run::RunLock held(folder);
      index.refresh();
      QVERIFY(index.runs()[0]->info.state == eq::run::RunState::running);
    }
    QVERIFY(index.refresh());
    QVERIFY(index.runs()[0]->info.state == eq::run::RunState::died);
  }

  void whatCannotBeReadIsAProblemOfItsFolder() {
    recorded(0.9).write(workspace() / "a");
    fs::create_directories(workspace() / "b");
    std::ofstream(workspace() / "b" / "run.sqlite") << "this is no database, and never was one";
    RunIndex index(workspace());
    index.refresh();
    QCOMPARE(namesIn(index), Names{"a"});
    QVERIFY(index.problems().contains(workspace() / "b"));
    fs::remove_all(workspace() / "b");
    index.refresh();
    QVERIFY(index.problems().empty());
  }

  /// As compare does: what was swapped counts as it ended, and values of the former loss no more.
  void aSwappedRunStandsWhereItEnded() {
    auto run = recorded(0.5);
    run.records.events = {{5,
                           0,
                           "command",
                           "left, loss to Focal",
                           {{"kind", "set_loss"}, {"task", 0}, {"method", {{"id", "focal"}}}}}};
    const auto folder = fs::path(place_->path().toStdString()) / "a";
    run.write(folder);
    const auto indexed = readIndexedRun(folder);
    const auto value = [&](const char* text) {
      return valueFor(eq::train::parseSeriesExpression(text, ""), indexed);
    };
    QVERIFY(value("tasks[0].loss.id") == SeriesValue(std::string("focal")));
    QVERIFY(value("best(val.left.loss)") == SeriesValue(3.0));
    QVERIFY(value("best(val.right.loss)") == SeriesValue(2.0));
    QVERIFY(value("best(val.left.accuracy)") == SeriesValue(0.5));
  }

  void filtersReadFieldsSeriesAndShortNames() {
    const auto folder = recorded(0.9, 7).write(workspace() / "a");
    eq::run::setLabels(folder, {"paper", "", false});
    const auto run = readIndexedRun(folder);
    const auto value = [&](const std::string& text) {
      const auto expression = eq::train::parseSeriesExpression(text, "filter");
      const auto names = namesOf({std::make_shared<IndexedRun>(run)});
      eq::train::requireKnown(expression, names, "filter");
      requireIndexed(expression, "filter");
      return valueFor(expression, run);
    };
    QVERIFY(value("weighting == \"equal\" and gradient == null and tag ~ 'Paper' and seed == 7") ==
            SeriesValue(true));
    QVERIFY(value("tasks[0].loss.id == 'cross_entropy' and optimizer.beta1 == 0.9") ==
            SeriesValue(true));
    QVERIFY(value("best(val.left.accuracy)") == SeriesValue(0.9));
    QVERIFY(value("val.left.accuracy") == SeriesValue(0.45));
    QVERIFY(value("mean(val.left.loss, 2)") == SeriesValue(2.0));
    QVERIFY(value("best(val.right.accuracy)") == SeriesValue(0.5));
    QVERIFY(value("final(val.left.loss)") == SeriesValue(3.0));
    QVERIFY(value("loss.left + step") == SeriesValue(10.25));
    QVERIFY(value("state") == SeriesValue(std::string("finished")));
    QVERIFY_EXCEPTION_THROWN(value("mean(loss.left, 3)"), eq::ExpressionError);
    QVERIFY_EXCEPTION_THROWN(value("val.left.acuracy"), eq::ExpressionError);
  }

 private:
  fs::path workspace() const { return place_->path().toStdString(); }
  std::unique_ptr<QTemporaryDir> place_;
};

EQUIPOISE_TEST(TestRunIndex)
#include "tst_run_index.moc"
