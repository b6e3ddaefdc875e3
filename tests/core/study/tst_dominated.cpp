#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/study/sweep/dominated.h"
#include "tests/core/study/recorded_run.h"
#include "tests/registry.h"

using namespace eq::study;
using eq::test::RecordedRun;
using eq::train::EvaluationRecord;
using eq::train::SplitName;

/// When a run of a sweep is stopped because of others.
class TestDominated : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::filesystem::path rival_;

  /// Accuracies of left and right on validation, at the steps 10, 20, ...
  static EvaluationRecord look(std::int64_t step, double left, double right) {
    return RecordedRun()
        .at(step, SplitName::validation, {left, 1, right, 1})
        .records.evaluations[0];
  }

  Rivals rivals(std::int64_t after = 1) const {
    return Rivals({rival_}, {{"left", "accuracy", true}, {"right", "accuracy", true}}, after);
  }

  std::string verdictOn(const std::vector<EvaluationRecord>& looks, std::int64_t after = 1) const {
    auto judge = rivals(after);
    for (const auto& one : looks) judge.add(one, {"left", "right"});
    return judge.verdict();
  }

 private Q_SLOTS:
  void initTestCase() {
    RecordedRun run;
    for (const auto& [step, left, right] : {std::tuple{10, .5, .6}, {20, .4, .7}, {30, .8, .8}})
      run.at(step, SplitName::validation, {left, 1, right, 1});
    run.at(20, SplitName::test, {1, 0, 1, 0});  // of which nothing counts
    rival_ = run.write(folder_.filePath("rival").toStdString());
  }

  void whoIsNowhereBetterAndSomewhereWorseIsStopped() {
    QCOMPARE(verdictOn({look(10, .5, .5)}),
             std::string("dominated at step 10 by rival: validation.left.accuracy 0.5 against 0.5, "
                         "validation.right.accuracy 0.5 against 0.6"));
    QVERIFY(verdictOn({look(10, .5, .6)}).empty());  // the same
    QVERIFY(verdictOn({look(10, .6, .1)}).empty());  // better in one
  }

  /// 0.8 of the rival came at step 30.
  void onlyTheSameBudgetCounts() {
    QVERIFY(verdictOn({look(10, .4, .7), look(20, .6, .5)}).empty());
  }

  void theBestSoFarCountsOnBothSides() {
    QVERIFY(verdictOn({look(10, .55, .5), look(20, .1, .1)}).empty());  // 0.55 is above 0.5
    QVERIFY(!verdictOn({look(10, .45, .65), look(20, .1, .1)}).empty());
  }

  /// At step 15 the rival was not looked at: until then there is nothing to compare.
  void onlyEvaluationsThatBothMadeCount() {
    QVERIFY(verdictOn({look(5, .1, .1), look(15, .1, .1)}).empty());
    QVERIFY(!verdictOn({look(10, .1, .1), look(15, .9, .9)}).empty());
  }

  void noRunIsStoppedBeforeItsTime() {
    QVERIFY(verdictOn({look(10, .1, .1)}, 20).empty());
    QVERIFY(!verdictOn({look(10, .1, .1), look(20, .1, .1)}, 20).empty());
  }

  void whatIsNoNumberIsTheWorst() { QVERIFY(!verdictOn({look(10, std::nan(""), .6)}).empty()); }

  void usuallyTheFirstMetricOfEachTaskCounts() {
    auto experiment = eq::train::experimentFromJson(RecordedRun().experiment);
    QVERIFY((objectivesOf({}, experiment) ==
             std::vector<Objective>{{"left", "accuracy", true}, {"right", "accuracy", true}}));
    experiment.tasks[0].enabled = false;
    QVERIFY((objectivesOf({}, experiment) == std::vector<Objective>{{"right", "accuracy", true}}));
    QVERIFY((objectivesOf({{"val.left.loss"}, 1, 4}, experiment) ==
             std::vector<Objective>{{"left", "loss", false}}));
    QVERIFY_EXCEPTION_THROWN(objectivesOf({{"test.left.loss"}, 1, 4}, experiment), eq::Error);
    QVERIFY_EXCEPTION_THROWN(objectivesOf({{"loss.left"}, 1, 4}, experiment), eq::Error);
  }

  void theKeyIsChecked() {
    const auto refusal = [](const char* text) {
      try {
        dominanceFromJson(nlohmann::json::parse(text));
      } catch (const eq::Error& error) {
        return std::string(error.what());
      }
      return std::string();
    };
    QVERIFY(!dominanceFromJson(nullptr));
    QCOMPARE(dominanceFromJson(nlohmann::json::object())->wave, std::int64_t{4});
    QVERIFY(refusal(R"({"wave": 0})").starts_with("sweep.dominated.wave: 0 is below"));
    QVERIFY(refusal(R"({"by": []})").starts_with("sweep.dominated.by: expected a list"));
    QVERIFY(refusal(R"({"by": [1]})").starts_with("sweep.dominated.by[0]: "));
    QVERIFY(refusal("true").starts_with("sweep.dominated"));
  }

  void seedsMakeNoCombinations() {
    const auto run = [](const char* fields, std::uint64_t seed) {
      return SweepRun{{}, nlohmann::json::parse(fields), seed};
    };
    QCOMPARE(combinationNumbers({run(R"({"a":1})", 1), run(R"({"a":1})", 2), run(R"({"a":2})", 1),
                                 run(R"({"a":2})", 2)}),
             (std::vector<std::size_t>{0, 0, 1, 1}));
    QCOMPARE(combinationNumbers({run(R"({"a":1,"seed":1})", 1), run(R"({"a":2,"seed":1})", 1),
                                 run(R"({"a":1,"seed":2})", 2)}),
             (std::vector<std::size_t>{0, 1, 0}));
  }
};

EQUIPOISE_TEST(TestDominated)
#include "tst_dominated.moc"
