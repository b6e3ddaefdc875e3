#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <list>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/run_values.h"
#include "core/study/comparison_runs.h"
#include "core/study/comparison_text.h"
#include "core/study/recorded_run.h"
#include "core/study/run_difference.h"
#include "core/train/experiment.h"
#include "tests/registry.h"

using namespace eq::study;
namespace train = eq::train;
using eq::test::RecordedRun;
using eq::train::SplitName;
using nlohmann::json;

namespace {

const double kNaN = std::nan("");

/// What `work` is refused with.
template <typename Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "accepted";
}

RecordedRun seeded(int seed, const char* loss = "cross_entropy") {
  RecordedRun run;
  return run.set("/seed", seed).set("/tasks/0/loss", {{"id", loss}});
}

RecordedRun baselineOf(int task, double value, int seed = 1) {
  RecordedRun run = seeded(seed);
  return run.set(task == 0 ? "/tasks/1/enabled" : "/tasks/0/enabled", false).ending(value);
}

}  // namespace

class TestComparison : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    place_ = std::make_unique<QTemporaryDir>();
    count_ = 0;
    choice_ = {};
  }

  /// A fork with another loss was counted as a seed of its parent.
  void aRunThatWasChangedIsInAGroupOfItsOwn() {
    auto changed = seeded(1).ending(0.4);
    changed.records.events.push_back(
        {5,
         0,
         "command",
         "left, loss to Focal",
         {{"kind", "set_loss"}, {"task", 0}, {"method", {{"id", "focal"}}}}});
    auto later = changed;
    later.records.events.back().step = 7;
    const auto runs = read({seeded(1).ending(0.1), changed, later, seeded(2).ending(0.2)});
    const auto out = toJson(compare(runs, {}, {}));
    QCOMPARE(out["groups"].size(), std::size_t(3));
    QCOMPARE(out["groups"][0]["n"].get<int>(), 2);
    QVERIFY(out["groups"][0]["fields"]["changes"].is_null());
    const auto& fields = out["groups"][1]["fields"];
    QCOMPARE(fields["changes"].get<std::string>(), std::string("step 5: left, loss to Focal"));
    QCOMPARE(runs[1].field("tasks[0].loss.id").get<std::string>(), std::string("focal"));
    ComparisonRequest request;
    request.by = {"tasks[0].loss.id"};
    QCOMPARE(toJson(compare(runs, {}, request))["groups"].size(), std::size_t(2));
  }

  /// They differ by seed, and belong to the experiment.
  void whatARuleDidMakesNoGroup() {
    const train::EventRecord rule{5, 0, "rule", "rules[0]: why", {{"rule", 0}}};
    const train::EventRecord rate{
        5, 0, "command", "rate to 0.5", {{"kind", "set_learning_rate"}, {"value", 0.5}}};
    auto first = seeded(1).ending(0.1);
    const auto second = seeded(2).ending(0.2);
    first.records.events = {rule, rate};
    const auto alike = read({first, second});
    QCOMPARE(compare(alike, {}, {}).groups.size(), std::size_t(1));
    auto refused = rule;
    refused.text += ": was not done: no";
    first.records.events = {rule, refused, rate};
    const auto apart = read({first, second});
    QCOMPARE(compare(apart, {}, {}).groups.size(), std::size_t(2));
  }

  void groupsAreWhatDiffersButTheSeed() {
    const auto runs = read({seeded(2).set("/name", "other").ending(0.2), seeded(1).ending(0.1),
                            seeded(1, "squentropy").ending(0.5)});
    const auto out = toJson(compare(runs, {}, {}));
    QCOMPARE(out["groups"].size(), std::size_t(2));
    const auto& first = out["groups"][0];
    QVERIFY(first["fields"] == (json{{"tasks[0].loss.id", "cross_entropy"}}));
    QVERIFY(first["n"] == json(2));
    QVERIFY(first["runs"] == json({runs[1].folder.string(), runs[0].folder.string()}));
    const auto& metric = first["metrics"]["left"]["accuracy"];
    QVERIFY(metric["values"] == json({0.1, 0.2}));
    QCOMPARE(metric["mean"].get<double>(), 0.15);
    QVERIFY(metric["low"].get<double>() < 0 && metric["high"].get<double>() > 0.3);
    const auto& single = out["groups"][1]["metrics"]["left"]["accuracy"];
    QVERIFY(single["std"].is_null() && single["low"].is_null() && single["high"].is_null());
    QVERIFY(out["tests"] == json::array());
  }

  void aDefaultThatIsWrittenOutIsNoDifference() {
    auto runs = read(
        {seeded(1, "focal").ending(1), seeded(2, "focal").ending(1), seeded(3, "focal").ending(1)});
    const auto gamma = runs[0].field("tasks[0].loss.gamma");
    QVERIFY(gamma.is_number());
    runs = read({seeded(1, "focal").ending(1),
                 seeded(2, "focal").set("/tasks/0/loss/gamma", gamma).ending(1),
                 seeded(3, "focal").set("/tasks/0/loss/gamma", 7).ending(1)});
    const auto groups = compare(runs, {}, {}).groups;
    QCOMPARE(groups.size(), std::size_t(2));
    QVERIFY(json(groups[0].fields) == (json{{"tasks[0].loss.gamma", gamma}}));
    QVERIFY(json(groups[1].fields) == (json{{"tasks[0].loss.gamma", 7}}));
  }

  void allFormsOfNoGradientMethodAreOneGroup() {
    const auto runs =
        read({seeded(1).ending(1), seeded(2).set("/balancer/gradient", nullptr).ending(1),
              seeded(3).set("/balancer/gradient", {{"id", ""}}).ending(1),
              seeded(1).set("/balancer/gradient", {{"id", "pcgrad"}}).ending(2)});
    const auto byDefault = compare(runs, {}, {});
    QCOMPARE(byDefault.groups.size(), std::size_t(2));
    QVERIFY(json(byDefault.groups[0].fields) == (json{{"balancer.gradient.id", nullptr}}));
    const auto asked = compare(runs, {}, {{"balancer.gradient"}, {}});
    QVERIFY(json(asked.groups[0].fields) == (json{{"balancer.gradient", nullptr}}));
    QVERIFY(json(asked.groups[1].fields) == (json{{"balancer.gradient", {{"id", "pcgrad"}}}}));
    for (const auto* none : {"balancer.gradient=null", "balancer.gradient={\"id\": \"\"}",
                             "balancer.gradient.id=", "balancer.gradient.id=null"})
      QCOMPARE(compare(runs, {}, {{}, {none}}).tests.at(0).baseline, std::size_t(0));
    for (const auto* method : {"balancer.gradient={\"id\": \"pcgrad\"}", "balancer.gradient=pcgrad",
                               "balancer.gradient.id=pcgrad"})
      QCOMPARE(compare(runs, {}, {{}, {method}}).tests.at(0).baseline, std::size_t(1));
  }

  void pathsAreSplitAtCommasOutsideOfBracketsAndQuotes() {
    QCOMPARE(splitAtCommas("a=1,b=[1,2],c={\"x\":[3,4]},d=\"e,f\""),
             (std::vector<std::string>{"a=1", "b=[1,2]", "c={\"x\":[3,4]}", "d=\"e,f\""}));
    QCOMPARE(splitAtCommas("a=\"\\\",\",b"), (std::vector<std::string>{"a=\"\\\",\"", "b"}));
    QVERIFY(splitAtCommas("").empty());
  }

  void finalBestAndMeanAreOfTheirEvaluations() {
    RecordedRun run = seeded(1);
    // Left is best at 20, right at 10 and, no better, at 30; test was not evaluated at 20.
    run.at(10, SplitName::validation, {0.1, 4, 0.9, 1}).at(10, SplitName::test, {0.11, 5, 0.91, 6});
    run.at(20, SplitName::validation, {0.8, 3, kNaN, 1});
    run.at(30, SplitName::validation, {0.2, 2, 0.9, 1}).at(30, SplitName::test, {0.21, 3, 0.31, 4});
    const auto folder = run.write(next());
    const auto values = [&](const char* value, const char* split, const char* task) {
      const auto read = readComparedRun(folder, valueChoice(value, split));
      return read.task(task)->values;
    };
    QVERIFY(values("final", "test", "left") == (MetricValues{{"accuracy", 0.21}, {"loss", 3}}));
    QVERIFY(values("best", "val", "left") == (MetricValues{{"accuracy", 0.8}, {"loss", 3}}));
    QVERIFY(values("best", "test", "left") ==
            (MetricValues{{"accuracy", std::nullopt}, {"loss", std::nullopt}}));
    QVERIFY(values("best", "test", "right") == (MetricValues{{"accuracy", 0.91}, {"loss", 6}}));
    QVERIFY(values("mean:2", "validation", "left") ==
            (MetricValues{{"accuracy", 0.5}, {"loss", 2.5}}));
    QVERIFY(values("mean:9", "test", "right") == (MetricValues{{"accuracy", 0.61}, {"loss", 5}}));
    QVERIFY(std::isnan(*values("mean:2", "validation", "right").at("accuracy")));
    QVERIFY(values("final", "train", "left").empty());
  }

  void whatIsNoChoiceOfValuesIsRefused() {
    for (const auto* text :
         {"", "last", "mean", "mean:", "mean:0", "mean:-1", "mean:2.5", "mean:2x"})
      QVERIFY2(refusal([&] { valueChoice(text, "test"); }).starts_with("--value: expected"), text);
    QVERIFY(refusal([] { valueChoice("final", "tests"); }).starts_with("--split: expected"));
  }

  void testsPairRunsOfEqualSeed() {
    std::vector<RecordedRun> recorded;
    const double gains[] = {0.3, 0.1, -0.05, 0.2, 0.4};
    for (int seed = 1; seed <= 5; ++seed) recorded.push_back(seeded(6 - seed).ending(0.5));
    for (int seed = 1; seed <= 5; ++seed)
      recorded.push_back(seeded(seed, "squentropy").ending(0.5 + gains[seed - 1]));
    recorded.push_back(seeded(9, "squentropy").ending(100));
    const auto comparison = compare(keep(recorded), {}, {{}, {"tasks[0].loss.id=cross_entropy"}});
    // Losses of left are not the same loss; accuracy of both and the loss of right are left.
    QCOMPARE(comparison.tests.size(), std::size_t(3));
    std::vector<double> differences;
    for (const double gain : gains) differences.push_back(0.5 + gain - 0.5);
    for (const auto& test : comparison.tests) {
      QVERIFY(test.task == "right" || test.metric == "accuracy");
      QCOMPARE(test.pairs, std::size_t(5));
      QCOMPARE(*test.difference, summarise(differences).mean.value());
      QCOMPARE(*test.wilcoxon, wilcoxonP(differences));
      QCOMPARE(*test.t, pairedTP(differences));
      QCOMPARE(*test.wilcoxonHolm, std::min(1.0, 3 * *test.wilcoxon));
      QCOMPARE(*test.tHolm, std::min(1.0, 3 * *test.t));
    }
    const auto out = toJson(comparison)["tests"][0];
    QVERIFY(out["group"] == (json{{"tasks[0].loss.id", "squentropy"}}));
    QVERIFY(out["baseline"] == (json{{"tasks[0].loss.id", "cross_entropy"}}));
    QVERIFY(!out.contains("note"));
  }

  void fewerThanFivePairsCannotTell() {
    std::vector<RecordedRun> recorded;
    for (int seed = 1; seed <= 5; ++seed) {
      recorded.push_back(seeded(seed).ending(0.5));
      recorded.push_back(seeded(seed == 5 ? 50 : seed, "squentropy").ending(0.6));
    }
    const auto out =
        toJson(compare(keep(recorded), {}, {{}, {"tasks[0].loss.id=cross_entropy"}}))["tests"][0];
    QVERIFY(out["n"] == json(4));
    for (const auto* p : {"wilcoxon_p", "t_p", "wilcoxon_p_holm", "t_p_holm"})
      QVERIFY2(out[p].is_null(), p);
    QVERIFY(out["difference"].is_number());
    QVERIFY(out["note"].get<std::string>().find("fewer than 5") != std::string::npos);
  }

  void aBaselineMustFitOneGroup() {
    const auto runs = read({seeded(1).ending(1), seeded(1, "squentropy").ending(1),
                            seeded(1, "squentropy").set("/optimizer/lr", 0.1).ending(1)});
    const auto with = [&](const std::string& baseline) {
      return refusal([&] { compare(runs, {}, {{}, splitAtCommas(baseline)}); });
    };
    QCOMPARE(with("tasks[0].loss.id=squentropy,optimizer.lr=0.1"), std::string("accepted"));
    QVERIFY(with("tasks[0].loss.id=squentropy")
                .starts_with("--baseline: tasks[0].loss.id=squentropy fits 2 groups"));
    QVERIFY(with("optimizer.lr=7").starts_with("--baseline: optimizer.lr=7 fits no group"));
    QVERIFY(with("optimizer.rate=7")
                .starts_with("--baseline: these runs have no field optimizer.rate"));
    QVERIFY(with("optimizer.lr").starts_with("--baseline: expected PATH=VALUE"));
    QVERIFY(refusal([&] {
              compare(runs, {}, {{"optimizer.rate"}, {}});
            }).starts_with("--by: these runs have no field optimizer.rate"));
  }

  void dropsAreAgainstTheMeanOfTheSingleTaskRuns() {
    auto recorded = std::vector{seeded(1).ending(0.6), seeded(2).ending(0.8), baselineOf(0, 0.4, 1),
                                baselineOf(0, 0.6, 2)};
    const auto partly = compare(keep(recorded), {}, {});
    QCOMPARE(partly.groups.size(), std::size_t(1));  // the baselines are none
    QVERIFY(std::abs(*partly.groups[0].taskDrops.at("left") + 40) < 1e-12);  // higher is better
    QVERIFY(!partly.groups[0].taskDrops.at("right") && !partly.groups[0].drop);
    const auto single = read({baselineOf(1, 1.4, 1)});
    const auto whole = compare(keep(recorded), single, {});
    QVERIFY(std::abs(*whole.groups[0].taskDrops.at("right") - 50) < 1e-12);
    QVERIFY(std::abs(*whole.groups[0].drop - 5) < 1e-12);
    auto even = std::vector{seeded(1).ending(0.1), seeded(2).ending(0.2), seeded(3).ending(0.3),
                            baselineOf(0, 0.2, 1)};
    QCOMPARE(*compare(keep(even), {}, {}).groups[0].taskDrops.at("left"), 0.0);  // no rounding
    const auto zero = compare(keep(recorded), read({baselineOf(1, 0)}), {});
    QVERIFY(!zero.groups[0].taskDrops.at("right") && !zero.groups[0].drop);
    QVERIFY(refusal([&] { compare(single, {}, {}); }).find("baselines only") != std::string::npos);
  }

  void baselinesThatDifferAreRemarked() {
    const auto single = read({baselineOf(0, 1), baselineOf(0, 2).set("/optimizer/lr", 0.5)});
    const auto comparison = compare(keep({seeded(1).ending(1)}), single, {});
    QCOMPARE(comparison.remarks.size(), std::size_t(1));
    QVERIFY(comparison.remarks[0].find("optimizer.lr") != std::string::npos);
  }

  void theMeanRankKnowsTheDirectionAndSharesTies() {
    // accuracy of left 1, 2, 3 (higher better), loss of left not the same loss: left out;
    // accuracy of right tied at the top, loss of right 3, 1, 2.
    const auto withValues = [](const char* loss, const std::vector<double>& values) {
      return seeded(1, loss).at(10, SplitName::test, values);
    };
    const auto runs = read({withValues("cross_entropy", {0.9, 1, 0.8, 0.3}),
                            withValues("squentropy", {0.8, 9, 0.8, 0.1}),
                            withValues("focal", {0.7, 0, 0.1, 0.2})});
    const auto groups = compare(runs, {}, {}).groups;
    QCOMPARE(*groups[0].meanRank, (1 + 1.5 + 3) / 3);
    QCOMPARE(*groups[1].meanRank, (2 + 1.5 + 1) / 3);
    QCOMPARE(*groups[2].meanRank, (3 + 3 + 2) / 3.0);
  }

  void aNumberThatIsNoneIsNullAndNotPassedOver() {
    const auto out = toJson(compare(keep({seeded(1).ending(kNaN), seeded(2).ending(1)}), {}, {}));
    const auto& metric = out["groups"][0]["metrics"]["left"]["accuracy"];
    QVERIFY(metric["values"] == json({nullptr, 1}));
    QVERIFY(metric["mean"].is_null() && metric["median"].is_null());
  }

  /// It was counted as a baseline of the task that was left at its end.
  void aRunWhoseOtherTaskWasTurnedOffOnTheWayIsNoBaseline() {
    auto late = seeded(3).ending(0.3);
    late.records.events = {{9,
                            0,
                            "command",
                            "right off",
                            {{"kind", "set_task_enabled"}, {"task", 1}, {"flag", false}}}};
    const auto runs = read({seeded(1).ending(0.1), seeded(2).ending(0.2), late});
    QVERIFY(!runs[2].baselineTask());
    const auto groups = compare(runs, {}, {}).groups;
    QCOMPARE(groups.size(), std::size_t(2));
    QCOMPARE(groups[1].runs.front(), &runs[2]);
    QVERIFY(!groups[1].metrics.contains("right"));
    QVERIFY(readComparedRun(baselineOf(0, 1).write(next()), choice_).baselineTask());
  }

  void anExperimentWithChangesCanBeTrainedAgain() {
    auto changed = seeded(1).ending(0.4);
    changed.records.events = {{5,
                               0,
                               "command",
                               "left, loss to Focal",
                               {{"kind", "set_loss"}, {"task", 0}, {"method", {{"id", "focal"}}}}}};
    const auto runs = read({changed});
    QVERIFY(runs[0].experiment.contains("changes"));
    const auto again = eq::train::experimentFromJson(runs[0].trainable());
    QCOMPARE(again.tasks[0].loss.id, std::string("focal"));
  }

  void severalRunsOfOneSeedInAGroupAreTold() {
    const auto runs = read({seeded(1).ending(0.1), seeded(1).ending(0.1), seeded(2).ending(0.3)});
    const auto comparison = compare(runs, {}, {});
    QCOMPARE(comparison.remarks.size(), std::size_t(1));
    QVERIFY(comparison.remarks[0].starts_with("group A has several runs of seed 1: "));
    QVERIFY(compare(keep({seeded(1).ending(1), seeded(2).ending(1)}), {}, {}).remarks.empty());
  }

  void unlikeLossesAndUnknownMetricsHaveNoBestValue() {
    const auto named = [](RecordedRun run, double bleu) {
      for (auto& task : run.records.evaluations.back().tasks) task["bleu"] = bleu;
      return run;
    };
    const auto runs =
        read({named(seeded(1).ending(0.1), 9), named(seeded(1, "squentropy").ending(0.2), 30)});
    const auto comparison = compare(runs, {}, {});
    QVERIFY(!comparison.isComparable("left", "loss") && comparison.isComparable("right", "loss"));
    QVERIFY(!comparison.isComparable("left", "bleu") &&
            comparison.isComparable("left", "accuracy"));
    const auto text = comparisonTable(comparison, choice_);
    for (const auto* said : {"left loss (not comparable: the groups' losses differ)",
                             "left bleu (which is better is not known)",
                             "right loss (lower is better)", "left accuracy (higher is better)"})
      QVERIFY2(text.find(said) != std::string::npos, said);
    // left accuracy 2 and 1, right accuracy 2 and 1, right loss 1 and 2.
    QCOMPARE(*comparison.groups[0].meanRank, 5.0 / 3);
  }

  void aGroupThatDivergedHasTheWorstRank() {
    auto runs = read({seeded(1).ending(0.5), seeded(1, "focal").ending(kNaN),
                      seeded(1, "squentropy").ending(0.4)});
    const auto groups = compare(runs, {}, {}).groups;
    QCOMPARE(*groups[1].meanRank, 3.0);
    QVERIFY(*groups[0].meanRank < 2 && *groups[2].meanRank > 1);
  }

  void whatATestLeavesOutIsTold() {
    ComparisonRequest request;
    request.baseline = {"tasks[0].loss.id=cross_entropy"};
    const auto runs = read({seeded(1).ending(0.5), seeded(2).ending(0.4),
                            seeded(1, "focal").ending(0.3), seeded(2, "focal").ending(kNaN)});
    for (const auto& test : compare(runs, {}, request).tests)
      QVERIFY2(test.note.starts_with("1 values that are no numbers are left out; 1 pairs"),
               test.note.c_str());
  }

  void aBaselineBelowZeroIsTold() {
    const auto runs = read({seeded(1).ending(0.5), baselineOf(0, -0.1), baselineOf(1, 0.2)});
    const auto comparison = compare(runs, {}, {});
    QCOMPARE(comparison.remarks.size(), std::size_t(1));
    QVERIFY2(comparison.remarks[0].starts_with(
                 "the single-task baseline of left is accuracy -0.1, below 0: the sign"),
             comparison.remarks[0].c_str());
  }

  /// Its loss before was of another scale.
  void theBestLossIsThatOfTheLossInForce() {
    auto run = seeded(1);
    run.at(4, SplitName::validation, {0.1, 0.2, 0.3, 0.5});
    run.at(8, SplitName::validation, {0.2, 7, 0.2, 0.6});
    run.at(9, SplitName::validation, {0.1, 8, 0.1, 0.7});
    run.records.events = {{4,
                           0,
                           "command",
                           "left, loss to Focal",
                           {{"kind", "set_loss"}, {"task", 0}, {"method", {{"id", "focal"}}}}}};
    const eq::run::RunReader reader(run.write(next()));
    const auto best = eq::run::bestValues(reader.evaluations(), reader.tasks(),
                                          eq::run::lossesSince(reader.events(), 2));
    QCOMPARE(best.at("left").at("validation").at("loss"), 7.0);
    QCOMPARE(best.at("left").at("validation").at("accuracy"), 0.2);
    QCOMPARE(best.at("right").at("validation").at("loss"), 0.5);
    // As a run that goes on tells it, not yet read from a record.
    const std::int64_t task = 0;
    run.records.events.back().detail["task"] = task;
    QCOMPARE(eq::run::lossesSince(run.records.events, 2), (std::vector<std::int64_t>{4, 0}));
  }

  void aDamagedRunDoesNotTakeTheOthersAway() {
    const auto good = seeded(1).ending(0.5).write(next()), bad = seeded(2).write(next());
    const auto database = eq::run::databaseFile(bad);
    std::filesystem::resize_file(database, std::filesystem::file_size(database) / 2);
    const auto read = readComparisonRuns({good, bad}, {}, choice_);
    QCOMPARE(read.runs.size(), std::size_t(1));
    const auto warnings = warningsOf(read, compare(read.runs, {}, {}));
    QVERIFY2(warnings.at(0).starts_with("a run is left out: " + database.string()),
             warnings.at(0).c_str());
    QVERIFY(
        refusal([&] { readComparisonRuns({bad}, {}, choice_); }).starts_with(database.string()));
  }

  void onlyWhatDiffersIsTold() {
    auto one = seeded(1), other = seeded(2, "squentropy").set("/tasks/1/loss", {{"id", "focal"}});
    const auto command = [](std::int64_t step) {
      return eq::train::EventRecord{
          step, 0, "command", "weight of left 2", {{"kind", "set_weight"}}};
    };
    one.records.events = {command(3), command(5), {4, 0, "checkpoint", "checkpoint"}};
    other.records.events = {command(3), command(6)};
    const eq::run::RunReader a(one.write(next())), b(other.write(next()));
    const auto text = inWords(differenceOf(a, b));
    QCOMPARE(text, std::string("seed: 1 | 2\n"
                               "tasks[0].loss.id: cross_entropy | squentropy\n"
                               "tasks[1].loss.id: cross_entropy | focal\n"
                               "events of the first only\n  step 5        weight of left 2\n"
                               "events of the second only\n  step 6        weight of left 2\n"));
    QCOMPARE(inWords(differenceOf(a, a)), std::string("nothing differs\n"));
  }

  /// It is given as a run goes on, not by a command.
  void anotherLengthIsToldAsWell() {
    auto one = seeded(1).set("/epochs", 4), other = seeded(1).set("/epochs", 4);
    other.records.events = {{14, 0, "started", "forked", {{"epochs", 2.5}}}};
    const eq::run::RunReader a(one.write(next())), b(other.write(next()));
    QCOMPARE(inWords(differenceOf(a, b)), std::string("epochs: 4 | 2.5\n"));
  }

 private:
  std::filesystem::path next() {
    return std::filesystem::path(place_->path().toStdString()) / std::to_string(count_++);
  }
  std::vector<ComparedRun> read(const std::vector<RecordedRun>& recorded) {
    std::vector<ComparedRun> runs;
    for (const auto& one : recorded) runs.push_back(readComparedRun(one.write(next()), choice_));
    return runs;
  }

  /// Comparisons point to their runs.
  const std::vector<ComparedRun>& keep(const std::vector<RecordedRun>& recorded) {
    return kept_.emplace_back(read(recorded));
  }

  std::unique_ptr<QTemporaryDir> place_;
  std::list<std::vector<ComparedRun>> kept_;
  int count_ = 0;
  ValueChoice choice_;
};

EQUIPOISE_TEST(TestComparison)
#include "tst_comparison.moc"
