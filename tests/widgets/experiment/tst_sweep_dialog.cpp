#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "core/base/paths.h"
#include "core/train/rule.h"
#include "tests/registry.h"
#include "widgets/experiment/sweep_dialog.h"
#include "widgets/experiment/sweep_field_row.h"
#include "widgets/parameter_form.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"

using namespace eq::widgets;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr int kCheckWait = 20000;  // ms

eq::train::Experiment digits() {
  return eq::train::readExperiment(eq::samplesFolder() / "two-digits.json");
}

template <typename Field>
Field* named(const QWidget& parent, const QString& name) {
  for (auto* field : parent.findChildren<Field*>())
    if (field->accessibleName() == name) return field;
  return nullptr;
}

QPushButton* sweepButton(const QWidget& dialog, const QString& text) {
  for (auto* button : dialog.findChildren<QPushButton*>())
    if (QString(button->text()).remove('&') == text) return button;
  return nullptr;
}

/// Types into a row as a person does.
void type(SweepFieldRow& row, const QString& field, const QString& text) {
  auto* line = named<QLineEdit>(row, field);
  line->setFocus();
  line->selectAll();
  QTest::keyClicks(line, text);
}

QString problemOf(const SweepFieldRow& row) {
  const auto* label = row.findChild<ProblemLabel*>();
  return label->isHidden() ? QString() : label->text();
}

}  // namespace

class TestSweepDialog : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<SweepDialog> dialog_;

  SweepFieldRow& row(int i) const { return *dialog_->findChildren<SweepFieldRow*>()[i]; }

  SweepFieldRow& addRow() const {
    QTest::mouseClick(sweepButton(*dialog_, "Add a field"), Qt::LeftButton);
    return *dialog_->findChildren<SweepFieldRow*>().last();
  }

  /// What stands under the fields once they were looked at.
  QString count() const {
    if (!QTest::qWaitFor([this] { return dialog_->checked().has_value(); }, kCheckWait)) return {};
    return dialog_->findChild<QLabel*>("count")->text();
  }

  /// With the sample, or another experiment.
  void open(const eq::train::Experiment& experiment = digits()) {
    dialog_ = std::make_unique<SweepDialog>(experiment);
    dialog_->show();
  }

 private slots:
  void cleanup() { dialog_.reset(); }

  void sayHowManyRunsItMakes() {
    open();
    QCOMPARE(count(), QString("No runs yet: see what is marked."));
    type(row(0), "Field", "optimizer.lr");
    type(row(0), "Values", "0.001, 0.01, 0.1");
    QCOMPARE(count(), QString("Makes 3 runs, one a combination."));
    auto& second = addRow();
    type(second, "Field", "balancer.gradient");
    type(second, "Values", R"(null, {"id": "pcgrad"})");
    auto* seeds = named<QLineEdit>(*dialog_, "Seeds");
    seeds->setFocus();
    QTest::keyClicks(seeds, "5");
    QCOMPARE(count(), QString("Makes 30 runs: 6 combinations, each with 5 seeds."));
    QVERIFY(dialog_->findChild<QPushButton*>("start")->isEnabled());
  }

  /// Losses [ce, focal] with gamma [1, 2] where the loss is focal are 3.
  void aConditionLeavesOutWhereAFieldDoesNotCount() {
    open();
    type(row(0), "Field", "tasks[0].loss.id");
    type(row(0), "Values", "cross_entropy, focal");
    auto& gamma = addRow();
    type(gamma, "Field", "tasks[0].loss.gamma");
    type(gamma, "Values", "1, 2");
    QTest::mouseClick(gamma.findChild<QCheckBox*>(), Qt::LeftButton, {}, QPoint(8, 8));
    QVERIFY(gamma.findChild<QCheckBox*>()->isChecked());
    type(gamma, "Field of the condition", "tasks[0].loss.id");
    type(gamma, "Values of the condition", "focal");
    QCOMPARE(count(), QString("Makes 3 runs, one a combination."));
    QVERIFY((dialog_->sweep()["when"] ==
             json{{"tasks[0].loss.gamma", {{"tasks[0].loss.id", {"focal"}}}}}));
  }

  void whatIsWrongStandsAtTheFieldThatItNames_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("values");
    QTest::addColumn<QString>("problem");
    QTest::newRow("value") << "optimizer.lr"
                           << "0.1, -1"
                           << "-1";
    QTest::newRow("path") << "optimizer.rate"
                          << "1"
                          << "optimizer.rate";
    QTest::newRow("method") << "tasks[0].loss.id"
                            << "focl"
                            << "focal";
    QTest::newRow("empty") << "optimizer.lr"
                           << ""
                           << "at least one value";
  }

  void whatIsWrongStandsAtTheFieldThatItNames() {
    QFETCH(QString, path);
    QFETCH(QString, values);
    QFETCH(QString, problem);
    open();
    type(row(0), "Field", "seed");
    type(row(0), "Values", "1, 2");
    auto& wrong = addRow();
    type(wrong, "Field", path);
    type(wrong, "Values", values);
    QCOMPARE(count(), QString("No runs yet: see what is marked."));
    QVERIFY2(problemOf(wrong).contains(problem), qPrintable(problemOf(wrong)));
    QCOMPARE(problemOf(row(0)), QString());
    QVERIFY(!dialog_->findChild<QPushButton*>("start")->isEnabled());
    QCOMPARE(named<QLineEdit>(wrong, "Values")->text(), values);  // as it was typed
  }

  void aRangeHasAsManyValuesAsItSays() {
    open();
    type(row(0), "Field", "optimizer.lr");
    named<QComboBox>(row(0), "Kind of values")->setCurrentIndex(2);
    named<NumberBox>(row(0), "Least value")->setValue(1e-4);
    named<NumberBox>(row(0), "Largest value")->setValue(1e-1);
    named<NumberBox>(row(0), "How many values")->setValue(4);
    QCOMPARE(count(), QString("Makes 4 runs, one a combination."));
    QVERIFY((json(dialog_->sweep()["fields"]["optimizer.lr"]) ==
             json{{"low", 1e-4}, {"high", 1e-1}, {"scale", "log"}, {"count", 4}}));
  }

  void choicesAreTakenFromAList() {
    open();
    type(row(0), "Field", "balancer.gradient.id");
    auto* choose = row(0).findChildren<QToolButton*>().last();
    QCOMPARE(choose->text(), QString("Choose"));
    QVERIFY(choose->isVisible());
    emit choose->menu()->aboutToShow();
    for (auto* action : choose->menu()->actions())
      if (action->text() == "none" || action->text() == "cagrad") action->trigger();
    QCOMPARE(named<QLineEdit>(row(0), "Values")->text(), QString("\"\", cagrad"));
    QCOMPARE(count(), QString("Makes 2 runs, one a combination."));
  }

  void preferencesAndStaticWeightsStandBesideEachOther() {
    open();
    QTest::mouseClick(sweepButton(*dialog_, "Preferences"), Qt::LeftButton);
    QCOMPARE(count(), QString("Makes 11 runs, one a combination."));
    QVERIFY(dialog_->sweep() == (ordered_json{{"method", "linear"}}));
    QTest::mouseClick(sweepButton(*dialog_, "Static weights by grid"), Qt::LeftButton);
    // The empty row of the beginning counts for nothing.
    QCOMPARE(count(), QString("Makes 3 runs, one a combination."));
    QVERIFY((dialog_->sweep()["fields"] == json{{"tasks[1].weight", {0.25, 1, 4}}}));
  }

  void drawsAndHalvingAskForWhatTheyNeed() {
    open();
    type(row(0), "Field", "optimizer.lr");
    type(row(0), "Values", "0.001, 0.01");
    auto* method = named<QComboBox>(*dialog_, "How combinations are chosen");
    method->setCurrentIndex(1);
    QCOMPARE(count(), QString("Makes 2 runs, one a combination."));
    QVERIFY(dialog_->sweep()["runs"] == 20);  // which draw these two
    method->setCurrentIndex(3);
    count();
    QVERIFY2(dialog_->checked()->problem.empty(), dialog_->checked()->problem.c_str());
    QVERIFY((dialog_->sweep()["metric"].at("task") == "left" &&
             dialog_->sweep()["metric"].at("metric") == "loss"));
  }

  /// That a table has tasks is known when it was read.
  void tasksOfTheDataCanBeNamedWhereTheExperimentNamesNone() {
    open(eq::train::readExperiment(eq::samplesFolder() / "table.json"));
    type(row(0), "Field", "tasks[2].weight");
    type(row(0), "Values", "1, 2");
    QCOMPARE(count(), QString("Makes 2 runs, one a combination."));
  }

  void aStartAsksForWhatStandsThere() {
    open();
    type(row(0), "Field", "optimizer.lr");
    type(row(0), "Values", "0.001, 0.01");
    count();
    QTest::mouseClick(dialog_->findChild<QCheckBox*>("goesOn"), Qt::LeftButton, {}, QPoint(8, 8));
    SweepRequest request;
    QObject::connect(dialog_.get(), &SweepDialog::startRequested, dialog_.get(),
                     [&](const SweepRequest& one) { request = one; });
    QTest::mouseClick(dialog_->findChild<QPushButton*>("start"), Qt::LeftButton);
    QVERIFY(request.waits);
    QCOMPARE(request.name, QString("Sweep Two digits at once"));
    QVERIFY((request.sweep ==
             ordered_json{{"method", "grid"}, {"fields", {{"optimizer.lr", {0.001, 0.01}}}}}));
    QVERIFY(request.workers >= 1 && request.threads == 1);
    dialog_->refuse("no room");
    QVERIFY(dialog_->isVisible() && dialog_->findChild<QPushButton*>("start")->isEnabled());
    QVERIFY((dialog_->sweep() == request.sweep));
  }

  /// By rules of the experiment, so that they resume with the runs.
  void runsThatOnlyCostTimeStop() {
    open();
    type(row(0), "Field", "optimizer.lr");
    type(row(0), "Values", "0.001, 100");
    QVERIFY(dialog_->stopping().rules.empty());
    for (const char* name : {"notFinite", "noBetter"})
      QTest::mouseClick(dialog_->findChild<QCheckBox*>(name), Qt::LeftButton, {}, QPoint(8, 8));
    named<NumberBox>(*dialog_, "Evaluations without a better loss")->setValue(4);
    QCOMPARE(count(), QString("Makes 2 runs, one a combination."));
    const auto experiment = dialog_->stopping();
    QCOMPARE(experiment.rules.size(), size_t{2});
    QCOMPARE(experiment.rules[0].when,
             std::string("not_finite(loss.left) or not_finite(loss.right)"));
    QCOMPARE(
        experiment.rules[1].when,
        std::string("no_better(validation.left.loss, 4) and no_better(validation.right.loss, 4)"));
    QVERIFY((experiment.rules[1].then == json{{"kind", "stop"}}));
    requireRulesFit(experiment);  // throws where one does not
  }

  void aFileIsOpenedAsItIs_data() {
    QTest::addColumn<QString>("sweep");
    QTest::newRow("grid") << R"({"method": "grid", "fields": {
        "tasks[0].loss.id": ["cross_entropy", "focal"], "tasks[0].loss.gamma": [1, 2],
        "optimizer.lr": {"low": 0.0001, "high": 0.1, "scale": "log", "count": 4}},
        "when": {"tasks[0].loss.gamma": {"tasks[0].loss.id": ["focal"]}}, "seeds": [1, 2]})";
    QTest::newRow("asha") << R"({"method": "asha", "fields": {"batch_size": {"low": 16, "high": 64,
        "scale": "integer", "count": 3}}, "seeds": [7], "runs": 5, "reduction": 2,
        "metric": {"task": "right", "metric": "accuracy", "maximise": true}})";
    QTest::newRow("dominated") << R"({"method": "grid", "fields": {"optimizer.lr": [0.1, 0.2]},
        "dominated": {"after": 50, "wave": 2}})";
    QTest::newRow("weights") << R"({"method": "linear", "seeds": 3,
        "weights": [[0.5, 0.5], [1, 0.2]]})";
    QTest::newRow("conditions") << R"({"method": "grid", "fields": {"seed": [1, 2],
        "batch_size": [32, 64], "optimizer.lr": [0.1, 0.2]},
        "when": {"optimizer.lr": {"batch_size": [32], "seed": [1]}}})";
  }

  void aFileIsOpenedAsItIs() {
    QFETCH(QString, sweep);
    const auto given = ordered_json::parse(sweep.toStdString());
    dialog_ = std::make_unique<SweepDialog>(digits(), nullptr, given);
    dialog_->show();
    QVERIFY2(json(dialog_->sweep()) == json(given), dialog_->sweep().dump().c_str());
    count();
    QVERIFY2(dialog_->checked()->problem.empty(), dialog_->checked()->problem.c_str());
  }

  void valuesReadBackAsTheyWereWritten() {
    const std::vector<json> values{0.1,    "focal", nullptr,       true,
                                   "a, b", "0.1",   {{"id", "x"}}, {1, 2}};
    QVERIFY(sweepValuesFrom(sweepValuesText(values)) == values);
    QVERIFY((sweepValuesFrom("1, focal,, [1, 2]") == std::vector<json>{1, "focal", {1, 2}}));
    for (const json& seeds : {json(), json(3), json{1, 4}, json::array({7})})
      QVERIFY(seedsFrom(seedsText(seeds)) == seeds);
    QVERIFY(seedsFrom("") == nullptr && seedsFrom("3") == 3);
    QVERIFY((seedsFrom("1, 4") == json{1, 4} && seedsFrom("[7]") == json::array({7})));
  }
};

EQUIPOISE_TEST(TestSweepDialog)
#include "tst_sweep_dialog.moc"
