#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include "core/base/paths.h"
#include "core/train/known_tasks.h"
#include "core/train/rule.h"
#include "core/train/rule_catalog.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/rule_card.h"
#include "widgets/experiment/rule_list.h"
#include "widgets/style/field_problem.h"

using namespace eq::widgets;
using eq::train::Experiment;
using nlohmann::json;

namespace {

/// With metrics of every task, so that all series are known.
Experiment withRules(const json& rules = json::array()) {
  auto value = toJson(eq::train::readExperiment(eq::samplesFolder() / "two-digits.json"));
  value["rules"] = rules;
  return eq::train::experimentFromJson(value);
}

QLineEdit* lineOf(const RuleCard& card, const QString& name) {
  for (auto* line : card.findChildren<QLineEdit*>())
    if (line->accessibleName() == name) return line;
  return nullptr;
}

void retype(QLineEdit& line, const QString& text) {
  line.setFocus();
  line.selectAll();
  QTest::keyClicks(&line, text);
  QTest::keyClick(&line, Qt::Key_Return);
}

const json kHalving{{"when", "no_better(validation.left.loss, 3)"},
                    {"then", {{"kind", "set_learning_rate"}, {"factor", 0.5}}}};

}  // namespace

class TestRuleList : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<RuleList> list_;

  RuleCard& card(int i = 0) const { return *list_->findChildren<RuleCard*>()[i]; }

  void choose(const QString& entry) const {
    for (auto* action : list_->findChild<QToolButton*>()->menu()->actions())
      if (action->text() == entry) return action->trigger();
    QFAIL(qPrintable(entry));
  }

 private slots:
  void init() {
    list_ = std::make_unique<RuleList>();
    list_->setRules(withRules());
    list_->show();
  }
  void cleanup() { list_.reset(); }

  void everyShippedRuleIsOfferedAndCounts() {
    const auto shipped = eq::train::shippedRules().descriptors();
    QCOMPARE(shipped.size(), size_t{5});
    QSignalSpy edited(list_.get(), &RuleList::edited);
    for (const auto* descriptor : shipped) choose(QString::fromStdString(descriptor->title));
    QCOMPARE(list_->problem(), QString());
    QCOMPARE(list_->rules().size(), size_t{5});
    QCOMPARE(edited.count(), 5);
    auto experiment = withRules();
    experiment.rules = list_->rules();
    requireRulesFit(experiment);  // throws where one does not
  }

  void aRuleReadsBackAsItWasGiven() {
    const std::vector<json> deeds{
        {{"kind", "set_learning_rate"}, {"factor", 0.5}},
        {{"kind", "set_learning_rate"}, {"value", 0.001}},
        {{"kind", "stop"}},
        {{"kind", "checkpoint"}},
        {{"kind", "restore_best"}, {"series", "validation.left.accuracy"}},
        {{"kind", "set_gradient"}, {"method", {{"id", "pcgrad"}}}},
        {{"kind", "set_gradient"}, {"method", {{"id", "cagrad"}, {"c", 0.3}}}},
        {{"kind", "note"}, {"text", "look, here: \"this\""}},
        {{"kind", "set_weight"}, {"task", 1}, {"value", 2}}};
    for (const auto& then : deeds) {
      const json rule{{"when", "loss.left > 2"}, {"for", 4}, {"then", then}, {"once", true}};
      list_->setRules(withRules(json::array({rule})));
      QVERIFY2(card().rule() == rule, card().rule().dump().c_str());
    }
  }

  void aMistakeStandsAtItsPlaceAndIsNotInForce() {
    list_->setRules(withRules(json::array({kHalving})));
    QSignalSpy edited(list_.get(), &RuleList::edited);
    retype(*lineOf(card(), "When"), "no_better(validation.left.loss, )");
    QVERIFY2(list_->problem().contains("when: line 1, column 33"), qPrintable(list_->problem()));
    QVERIFY(isMarked(*lineOf(card(), "When")));
    QCOMPARE(edited.count(), 0);
    QCOMPARE(list_->rules().front().when, std::string("no_better(validation.left.loss, 3)"));
    // What is shown of the experiment otherwise leaves it as it was typed.
    list_->setRules(withRules(json::array({kHalving})));
    QCOMPARE(lineOf(card(), "When")->text(), QString("no_better(validation.left.loss, )"));
    retype(*lineOf(card(), "When"), "no_better(validation.left.loss, 5)");
    QCOMPARE(list_->problem(), QString());
    QCOMPARE(edited.count(), 1);
    QCOMPARE(list_->rules().front().when, std::string("no_better(validation.left.loss, 5)"));
  }

  void aSeriesThatTheRunHasNotIsNamed() {
    list_->setRules(withRules(json::array({kHalving})));
    retype(*lineOf(card(), "When"), "best(validation.left.acuracy) > 0.9");
    QVERIFY2(list_->problem().contains("validation.left.accuracy"), qPrintable(list_->problem()));
  }

  void rulesAreTakenOut() {
    list_->setRules(withRules(json::array({kHalving, kHalving})));
    QSignalSpy edited(list_.get(), &RuleList::edited);
    QTest::mouseClick(card(1).findChild<QToolButton*>(), Qt::LeftButton);
    QCOMPARE(list_->rules().size(), size_t{1});
    QCOMPARE(edited.count(), 1);
  }

  /// In the panel: undoable without a run, a command with one.
  void editsAreThoseOfTheExperiment() {
    QUndoStack undo;
    ExperimentPanel panel(undo);
    panel.open(withRules(json::array({kHalving})));
    panel.show();
    auto& rule = *panel.findChild<RuleCard*>();
    retype(*lineOf(rule, "With what"), "0.25");
    QVERIFY(panel.experiment().rules.front().then["factor"] == 0.25);
    undo.undo();
    QVERIFY(panel.experiment().rules.front().then["factor"] == 0.5);
    QCOMPARE(lineOf(rule, "With what")->text(), QString("0.5"));
    panel.setRunning(true);
    QSignalSpy asked(&panel, &ExperimentPanel::commandsRequested);
    retype(*lineOf(rule, "With what"), "0.75");
    QCOMPARE(asked.count(), 1);
    const auto commands = asked[0][0].value<std::vector<eq::train::Command>>();
    QVERIFY(commands.size() == 1 && commands[0].kind == eq::train::Command::Kind::setRules);
    QVERIFY(commands[0].rules.front().then["factor"] == 0.75);
    // Refused: what was typed stays, and what is in force is the rule before.
    panel.refused(commands[0], "rules[0].then: not now", withRules(json::array({kHalving})));
    QCOMPARE(lineOf(rule, "With what")->text(), QString("0.75"));
    QVERIFY(rule.problem().contains("not now"));
    QVERIFY(panel.experiment().rules.front().then["factor"] == 0.5);
    QTest::keyClick(lineOf(rule, "With what"), Qt::Key_Return);  // asks for nothing again
    QCOMPARE(asked.count(), 1);
    QVERIFY(rule.problem().contains("not now"));
    retype(*lineOf(rule, "With what"), "0.8");
    QCOMPARE(asked.count(), 2);
  }

  /// Added before the tasks were known, it is marked once they are, and further edits, undo and
  /// redo are none the worse for it.
  void aRuleOfATaskThatIsNoneIsMarkedOnceTheTasksAreKnown() {
    const auto whole = withRules();
    auto nameless = whole;
    nameless.tasks.clear();
    QUndoStack undo;
    ExperimentPanel panel(undo);
    panel.open(nameless);
    panel.show();
    auto& rules = *panel.findChild<RuleList*>();
    const auto add = [&](const QString& title) {
      for (auto* action : rules.findChild<QToolButton*>()->menu()->actions())
        if (action->text() == title) action->trigger();
    };
    const auto nan =
        QString::fromStdString(eq::train::shippedRules().descriptor("stop_at_nan").title);
    add(nan);
    QCOMPARE(panel.experiment().rules.size(), size_t{1});
    QVERIFY(rules.problem().isEmpty());
    panel.learn(eq::train::KnownTasks{{}, whole.tasks, {}});
    QVERIFY2(rules.problem().contains("there is no loss.TASK"), qPrintable(rules.problem()));
    add(nan);  // of the first task now: it is not the one that does not fit
    QCOMPARE(rules.findChildren<RuleCard*>().size(), 2);
    QVERIFY(!panel.settle().isEmpty());
    undo.undo();
    QVERIFY(panel.experiment().rules.empty());
    // With a run, what it cannot take is said, and the edit is forgotten.
    panel.setRunning(true);
    QSignalSpy asked(&panel, &ExperimentPanel::commandsRequested);
    undo.redo();
    QCOMPARE(asked.count(), 1);
    const auto commands = asked[0][0].value<std::vector<eq::train::Command>>();
    QVERIFY(commands.size() == 1 && commands[0].kind == eq::train::Command::Kind::setRules);
  }

  void aRuleThatDoesNotCountHoldsTheStartBack() {
    QUndoStack undo;
    ExperimentPanel panel(undo);
    panel.open(withRules(json::array({kHalving})));
    panel.show();
    retype(*lineOf(*panel.findChild<RuleCard*>(), "When"), "loss.left >");
    const auto problem = panel.settle();
    QVERIFY2(problem.startsWith("Rules, when: "), qPrintable(problem));
  }
};

EQUIPOISE_TEST(TestRuleList)
#include "tst_rule_list.moc"
