#include <cmath>
#include <limits>

#include <QTest>

#include "core/base/error.h"
#include "core/train/idle_rules.h"
#include "core/train/rule.h"
#include "core/train/rules.h"
#include "tests/registry.h"

using eq::train::EvaluationRecord;
using eq::train::Experiment;
using eq::train::Rules;
using eq::train::StepRecord;
using nlohmann::json;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Two tasks, `a` with an accuracy.
Experiment with(const json& rules) {
  return eq::train::experimentFromJson(
      {{"data", {{"id", "two_digits"}}},
       {"model", {{"id", "mlp"}}},
       {"tasks",
        {{{"name", "a"}, {"metrics", {"accuracy"}}}, {{"name", "b"}, {"metrics", {"accuracy"}}}}},
       {"rules", rules}});
}

json rule(const std::string& when, json more = json::object()) {
  more["when"] = when;
  if (!more.contains("then")) more["then"] = {{"kind", "stop"}};
  return json::array({more});
}

StepRecord step(std::int64_t number, double loss, double weight = 1) {
  StepRecord record;
  record.step = number;
  record.epoch = static_cast<double>(number) / 10;
  record.learningRate = 0.1;
  record.losses = {loss, 1};
  record.weights = {weight, 1};
  return record;
}

EvaluationRecord evaluation(std::int64_t number, double loss) {
  EvaluationRecord record;
  record.step = number;
  record.tasks = {{{"loss", loss}, {"accuracy", 1 - loss}}, {{"loss", 1}, {"accuracy", 0}}};
  return record;
}

/// The steps at which the rule fires, of losses at the steps 1, 2, ...
std::vector<std::int64_t> firedAt(const json& rules, const std::vector<double>& losses) {
  Rules watch(with(rules));
  std::vector<std::int64_t> steps;
  for (size_t i = 0; i < losses.size(); ++i) {
    watch.add(step(static_cast<std::int64_t>(i) + 1, losses[i]));
    if (!watch.takeFirings().empty()) steps.push_back(static_cast<std::int64_t>(i) + 1);
  }
  return steps;
}

std::string refusalOf(const json& rules) {
  try {
    eq::train::requireRulesFit(with(rules));
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

using Steps = std::vector<std::int64_t>;

}  // namespace

class TestRules : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void anExperimentWithoutRulesIsAsItWas() {
    const auto experiment = with(json::array());
    QVERIFY(!eq::train::toJson(experiment).contains("rules"));
    const auto ruled = with(rule("step > 3"));
    QVERIFY(eq::train::experimentFromJson(eq::train::toJson(ruled)) == ruled);
    QVERIFY(!(ruled == experiment));
  }

  void looksAtEveryStep() {
    QCOMPARE(firedAt(rule("loss.a < 2"), {3, 1, 3, 1, 1}), (Steps{2, 4, 5}));
    QCOMPARE(firedAt(rule("step == 3 or epoch >= 0.5"), {9, 9, 9, 9, 9}), (Steps{3, 5}));
  }

  void forWantsSoManyLooksInARowAndCountsAnew() {
    QCOMPARE(firedAt(rule("loss.a < 2", {{"for", 2}}), {1, 3, 1, 1, 1, 1, 1, 3}), (Steps{4, 6}));
  }

  /// Of three pairs two have no cosine: a task is off. One of one is in conflict.
  void pairsWithoutACosineAreNotCounted() {
    auto experiment = with(rule("conflict.frequency(1) > 0.9"));
    experiment.tasks.push_back(experiment.tasks.back());
    experiment.tasks.back().name = "c";
    Rules watch(experiment);
    auto record = step(1, 1);
    record.losses.push_back(kNan);
    record.weights.push_back(0);
    record.conflict = eq::train::ConflictRecord{
        {}, {1, 1, 0}, {1, -0.5, kNan, -0.5, 1, kNan, kNan, kNan, kNan}, 1, 1, 1};
    watch.add(record);
    QCOMPARE(watch.takeFirings().size(), size_t(1));
    record.conflict->cosines.assign(9, kNan);
    watch.add(record);
    QVERIFY(watch.takeFirings().empty());
  }

  /// Losses of another scale are no progress and no lack of it.
  void anotherLossBeginsItsSeriesAnew() {
    Rules watch(with(rule("no_better(val.a.loss, 2) or loss.a > 50")));
    const auto fires = [&](std::int64_t number, double loss) {
      watch.add(evaluation(number, loss));
      return !watch.takeFirings().empty();
    };
    QVERIFY(!fires(1, 0.1) && !fires(2, 0.2));
    watch.lossChanged("b", 2);
    watch.lossChanged("a", 2);
    QVERIFY(!fires(3, 9) && !fires(4, 8) && !fires(5, 8.5));
    QVERIFY(fires(6, 8.5));
  }

  void onceFiresOnce() {
    QCOMPARE(firedAt(rule("loss.a < 2", {{"once", true}}), {3, 1, 1, 3, 1}), (Steps{2}));
  }

  /// By hand: the best is 5, then 4; three values in a row without a better one, twice.
  void theWindowsBeginAnewAndTheBestStays() {
    QCOMPARE(firedAt(rule("no_better(loss.a, 3)"), {5, 4, 4, 6, 5, 4.5, 7, 8, 3, 4, 4, 4}),
             (Steps{5, 8, 12}));
    QCOMPARE(firedAt(rule("mean(loss.a, 2) < 2"), {1, 1, 1, 1, 1}), (Steps{2, 4}));
  }

  void notFiniteIsWhatIsMeasuredAndNotATaskThatIsOff() {
    Rules watch(with(rule("not_finite(loss.a)")));
    watch.add(step(1, kNan, 0));
    QVERIFY(watch.takeFirings().empty());
    watch.add(step(2, kNan));
    const auto firings = watch.takeFirings();
    QCOMPARE(firings.size(), size_t{1});
    QVERIFY(firings[0].action.kind == eq::train::RuleAction::Kind::stop);
  }

  void partsOfLossesAndCoordinatesAreSeries() {
    Rules watch(with(rule("term.a.penalty > 2 or point.1 > 5 or point[0] > 7")));
    const auto fires = [&](double penalty, std::vector<double> point) {
      static std::int64_t number = 0;
      auto record = step(++number, 1);
      record.terms = {{1, "penalty", 9}, {0, "penalty", penalty}};
      record.point = std::move(point);
      watch.add(record);
      return watch.takeFirings().size() == 1;
    };
    QVERIFY(!fires(1, {}) && fires(3, {}));
    QVERIFY(!fires(1, {7, 5}) && fires(1, {7, 6}) && fires(1, {8, 5}));
  }

  /// A term or coordinate that is not there is no mistake, as a command can bring it, but is said.
  void whatIsNotMeasuredIsSaid() {
    const auto idle = [](const std::string& when) {
      return eq::train::rulesWithoutParts(with(rule(when)), {{{"penalty"}, {}}, 2});
    };
    QVERIFY(idle("term.a.penalty > 1").empty() && idle("point.1 > 1").empty());
    QCOMPARE(
        idle("term.b.penalty > 1"),
        std::vector<std::string>{"rules[0].when: term.b.penalty is no part of the loss that the "
                                 "task has at the beginning"});
    QVERIFY(
        idle("point.2 > 1").at(0).ends_with("point[2] is none of the 2 coordinates of the model"));
  }

  void aSeriesOfEvaluationsIsLookedAtOnceAnEvaluation() {
    Rules watch(with(rule("no_better(val.a.accuracy, 2) and step > 5", {{"for", 2}})));
    QVERIFY(!watch.lookAtSteps());
    Steps fired;
    const std::vector<double> losses{0.5, 0.6, 0.7, 0.6, 0.7, 0.8};  // accuracies fall
    for (std::int64_t i = 0; i < std::ssize(losses); ++i) {
      for (int j = 0; j < 3; ++j) watch.add(step(3 * i + j + 1, 1));
      watch.add(evaluation(3 * (i + 1), losses[static_cast<size_t>(i)]));
      if (!watch.takeFirings().empty()) fired.push_back(3 * (i + 1));
    }
    QCOMPARE(fired, (Steps{12}));  // true at 9 and 12; then the window begins anew
  }

  void sampledSeriesAreLookedAtWhereTheyWereMeasured() {
    Rules watch(with(rule("cosine.a.b < 0 and loss.a > 0", {{"for", 2}})));
    QVERIFY(watch.lookAtSteps());
    Steps fired;
    for (std::int64_t i = 1; i <= 10; ++i) {
      auto record = step(i, 1);
      if (i % 3 == 0)
        record.conflict = {eq::train::GradientSource::exact, {1, 1}, {1, -0.5, -0.5, 1}, 1, 1, 1};
      watch.add(record);
      if (!watch.takeFirings().empty()) fired.push_back(i);
    }
    QCOMPARE(fired, (Steps{6}));
  }

  void saysWhy() {
    Rules watch(with(rule("mean(loss.a, 2) < 2 and step > 1", {{"for", 2}})));
    for (int i = 1; i <= 3; ++i) watch.add(step(i, 1));
    const auto firings = watch.takeFirings();
    QCOMPARE(firings.size(), size_t{1});
    QCOMPARE(firings[0].text,
             std::string("rule 1: mean(loss.a, 2) < 2 and step > 1, 2 times in a row; "
                         "mean(loss.a, 2) is 1, step is 3"));
    QVERIFY((firings[0].detail == json{{"rule", 0},
                                       {"when", "mean(loss.a, 2) < 2 and step > 1"},
                                       {"values", {{"mean(loss.a, 2)", 1.0}, {"step", 3.0}}}}));
  }

  void goesOnFromItsState() {
    const auto rules = rule("no_better(loss.a, 3) or mean(loss.a, 4) > 100", {{"for", 2}});
    const std::vector<double> losses{5, kNan, 4, 6, 5, 4.5, 7, 8, 3, 4, 4, 4, 9};
    for (size_t cut = 0; cut <= losses.size(); ++cut) {
      Rules whole(with(rules)), first(with(rules)), rest(with(rules));
      json meta;
      std::vector<std::string> told, expected;
      for (size_t i = 0; i < losses.size(); ++i) {
        const auto record = step(static_cast<std::int64_t>(i) + 1, losses[i]);
        if (i == cut) {
          first.addState(meta);
          rest.restore(json::parse(meta.dump()));
        }
        auto& part = i < cut ? first : rest;
        part.add(record);
        whole.add(record);
        for (const auto& firing : part.takeFirings()) told.push_back(firing.text);
        for (const auto& firing : whole.takeFirings()) expected.push_back(firing.text);
      }
      QVERIFY(!expected.empty());
      QCOMPARE(told, expected);
    }
  }

  void rulesThatStayRememberWhatTheySaw() {
    Rules before(with(rule("no_better(loss.a, 3)")));
    for (int i = 1; i <= 3; ++i) before.add(step(i, i));
    auto more = rule("loss.a < 0");
    more.push_back(rule("no_better(loss.a, 3)").front());
    Rules after(with(more));
    after.takeOver(before);
    after.add(step(4, 9));
    QCOMPARE(after.takeFirings().size(), size_t{1});
  }

  void mistakesNameThePlace_data() {
    QTest::addColumn<QByteArray>("rules");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* name, const json& rules, const char* message) {
      QTest::newRow(name) << QByteArray::fromStdString(rules.dump()) << QString(message);
    };
    row("no list", json::object(), "rules: expected a list");
    row("syntax", rule("loss.a <"), "rules[0].when: line 1, column 9");
    row("a number", rule("loss.a + 1"), "rules[0].when: ");
    row("unknown series", rule("loss.c < 1"), "rules[0].when: ");
    row("unknown metric", rule("val.a.recal < 1"), "rules[0].when: ");
    row("a field", rule("weighting == \"equal\""), "rules[0].when: ");
    row("seconds", rule("seconds > 1"), "seconds differ from run to run");
    row("test", rule("test.a.loss > 1"), "the split test is evaluated when the run ends");
    row("final", rule("final(val.a.loss) > 1"), "final() is there when the run has ended");
    row("a series alone", rule("loss.a"), "rules[0].when: character 1: loss.a is a number");
    row("a series in a condition", rule("not step"), "step is a number and no condition");
    row("a text", rule("step > \"a\""), "rules[0].when: character 1: step is a number, and equals");
    row("a truth", rule("true == loss.a"), "loss.a is a number, and equals no text and no truth");
    row("for", rule("step > 1", {{"for", 0}}), "rules[0].for: 0");
    row("unknown key", rule("step > 1", {{"than", 0}}), "rules[0].than");
    row("unknown kind", rule("step > 1", {{"then", {{"kind", "sing"}}}}), "rules[0].then.kind");
    row("kinds of rules", rule("step > 1", {{"then", {{"kind", "sing"}}}}),
        "note, stop, checkpoint, found");
    row("term of no task", rule("term.c.cross_entropy > 1"), "there is no term.c.cross_entropy");
    row("no coordinate", rule("point.x > 1"), "there is no point.x");
    row("unknown field", rule("step > 1", {{"then", {{"kind", "stop"}, {"now", true}}}}),
        "rules[0].then.now");
    row("factor", rule("step > 1", {{"then", {{"kind", "set_learning_rate"}, {"factor", -1}}}}),
        "rules[0].then.factor");
    row("no such task",
        rule("step > 1", {{"then", {{"kind", "set_weight"}, {"task", 7}, {"value", 1}}}}),
        "rules[0].then: tasks[7]");
    row("no such loss",
        rule("step > 1",
             {{"then", {{"kind", "set_loss"}, {"task", 0}, {"method", {{"id", "none"}}}}}}),
        "rules[0].then: tasks[0].loss.id");
    row("no such best",
        rule("step > 1", {{"then", {{"kind", "restore_best"}, {"series", "loss.a"}}}}),
        "expected a series of evaluations");
    row("rules in rules", rule("step > 1", {{"then", {{"kind", "set_rules"}, {"rules", nullptr}}}}),
        "a rule cannot change the rules");
  }
  void mistakesNameThePlace() {
    QFETCH(QByteArray, rules);
    QFETCH(QString, message);
    const auto said = refusalOf(json::parse(rules.toStdString()));
    QVERIFY2(QString::fromStdString(said).contains(message), said.c_str());
  }
};

EQUIPOISE_TEST(TestRules)
#include "tst_rules.moc"
