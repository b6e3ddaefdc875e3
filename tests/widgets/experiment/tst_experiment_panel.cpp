#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "tests/registry.h"
#include "widgets/experiment/edit_text.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/task_card.h"
#include "widgets/experiment/task_table.h"
#include "widgets/method_editor.h"
#include "widgets/nested_methods.h"
#include "widgets/parameter_form.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/fold.h"
#include "widgets/style/method_chooser.h"
#include "widgets/style/method_delegate.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/scrub_label.h"
#include "widgets/style/theme.h"

using namespace eq::widgets;
using eq::train::Command;
using eq::train::Experiment;

namespace {

Experiment twoTasks() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "test", "data": {"id": "two_digits"}, "model": {"id": "cnn"},
    "tasks": [{"name": "left", "loss": {"id": "cross_entropy"}},
              {"name": "right", "loss": {"id": "focal", "gamma": 3}}],
    "optimizer": {"id": "adam", "lr": 0.001}})"));
}

std::vector<eq::TaskInfo> kinds() {
  eq::TaskInfo left, right;
  left.name = "left";
  right.name = "right";
  left.width = right.width = 10;
  return {left, right};
}

Experiment tenTasks() {
  auto experiment = twoTasks();
  for (int k = 2; k < 10; ++k) {
    experiment.tasks.push_back(experiment.tasks[0]);
    experiment.tasks.back().name = "task " + std::to_string(k);
  }
  return experiment;
}

void choose(MethodEditor* editor, const char* id) {
  auto* combo = editor->findChild<QComboBox*>();
  combo->setCurrentIndex(combo->findData(id));
  emit combo->activated(combo->currentIndex());
}

}  // namespace

class TestExperimentPanel : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    panel_ = std::make_unique<ExperimentPanel>(undo_);
    panel_->open(twoTasks(), kinds());
  }
  void cleanup() { panel_.reset(); }

  void showsTheExperimentUnchanged() {
    QVERIFY(panel_->experiment() == twoTasks());
    QCOMPARE(panel_->findChildren<TaskCard*>().size(), 2);
    QCOMPARE(undo_.count(), 0);
  }

  void editsCanBeUndone() {
    QSignalSpy edited(panel_.get(), &ExperimentPanel::experimentEdited);
    choose(loss(0), "squentropy");
    QCOMPARE(panel_->experiment().tasks[0].loss.id, std::string("squentropy"));
    QCOMPARE(edited.size(), 1);
    undo_.undo();
    QVERIFY(panel_->experiment() == twoTasks());
    QCOMPARE(loss(0)->method().id, std::string("cross_entropy"));
    undo_.redo();
    QCOMPARE(panel_->experiment().tasks[0].loss.id, std::string("squentropy"));
  }

  /// Of the explorer, while a run goes on: a value that is missing ended the program.
  void aLossFromElsewhereIsTakenAsIfItWasChosenHere() {
    panel_->open(twoTasks(), {});
    panel_->setRunning(true);
    std::vector<Command> asked;
    connect(panel_.get(), &ExperimentPanel::commandsRequested, this,
            [&](const std::vector<Command>& commands) {
              asked.insert(asked.end(), commands.begin(), commands.end());
            });
    panel_->chooseLoss(0, {"ldam", {{"counts", nullptr}}});
    QVERIFY(asked.empty());
    QVERIFY(!loss(0)->problem().isEmpty());
    QCOMPARE(loss(0)->shown().id, std::string("ldam"));
    QCOMPARE(panel_->experiment().tasks[0].loss.id, std::string("cross_entropy"));
    const nlohmann::json counts = std::vector<double>(10, 5);
    panel_->chooseLoss(0, {"ldam", {{"counts", counts}}});
    QCOMPARE(asked.size(), std::size_t{1});
    QCOMPARE(asked[0].method.id, std::string("ldam"));
    QVERIFY(asked[0].method.params.at("counts") == counts);
    QCOMPARE(undo_.count(), 1);
  }

  void samplingFromElsewhereIsAnEditOrACommandAndNothingWhileLocked() {
    panel_->chooseSampling({30, "exact"}, {});
    QCOMPARE(panel_->experiment().conflict.every, std::int64_t(30));
    undo_.undo();
    QVERIFY(panel_->experiment() == twoTasks());
    panel_->setRunning(true);
    std::vector<Command> asked;
    connect(panel_.get(), &ExperimentPanel::commandsRequested, this,
            [&](const std::vector<Command>& commands) { asked = commands; });
    panel_->chooseSampling({30, "exact"}, {});
    QCOMPARE(asked.size(), std::size_t(1));
    QVERIFY(asked[0] == Command::setConflict({30, "exact"}));
    asked.clear();
    panel_->lock("another run is shown");
    panel_->chooseSampling({50, "exact"}, {});
    QVERIFY(asked.empty());
    QCOMPARE(panel_->experiment().conflict.every, std::int64_t(30));
  }

  /// Cards have the field where a method takes it; what is typed there is a command, and none is
  /// the method's own.
  void cardsHaveAPreferenceWhereItCounts() {
    panel_->resize(400, 900);
    panel_->show();
    const auto fieldOf = [&](int card) {
      for (auto* field : panel_->findChildren<TaskCard*>()[card]->findChildren<ParameterField*>())
        if (field->spec().name == "preference" &&
            !field->parentWidget()->inherits("eq::widgets::ParameterForm"))
          return field;
      return static_cast<ParameterField*>(nullptr);
    };
    QVERIFY(fieldOf(0)->isHidden());
    auto experiment = twoTasks();
    experiment.balancer.gradient = {"upgrad"};
    panel_->open(experiment, kinds());
    QVERIFY(!fieldOf(1)->isHidden());
    panel_->setRunning(true);
    std::vector<Command> asked;
    connect(panel_.get(), &ExperimentPanel::commandsRequested, this,
            [&](const std::vector<Command>& commands) { asked = commands; });
    auto* line = fieldOf(1)->findChild<QLineEdit*>();
    line->setText("0.7");
    emit line->editingFinished();
    QCOMPARE(asked.size(), std::size_t(1));
    QVERIFY(asked[0] == Command::setPreference(1, 0.7));
    QVERIFY(panel_->experiment().tasks[1].preference == 0.7);
    line->setText("");
    emit line->editingFinished();
    QVERIFY(asked[0] == Command::setPreference(1, std::nullopt));
    panel_->chooseSampling({10, "exact"}, {20, "exact"});
    QVERIFY(asked[0] == Command::setAffinity({20, "exact"}));
  }

  void duringARunEditsBecomeCommands() {
    panel_->setRunning(true);
    std::vector<Command> asked;
    connect(panel_.get(), &ExperimentPanel::commandsRequested, this,
            [&](const std::vector<Command>& commands) {
              asked.insert(asked.end(), commands.begin(), commands.end());
            });
    choose(loss(0), "squentropy");
    auto* gamma = loss(1)->form()->field("gamma")->findChild<NumberBox*>();
    gamma->setValue(5);
    QCOMPARE(asked.size(), std::size_t{2});
    QVERIFY(asked[0] == Command::setLoss(0, {"squentropy"}));
    QVERIFY(asked[1] == Command::setLoss(1, {"focal", {{"gamma", 5.0}}}));
    undo_.undo();
    QCOMPARE(asked.size(), std::size_t{3});
    QVERIFY(asked[2] == Command::setLoss(1, {"focal", {{"gamma", 3}}}));
  }

  void parametersSpelledOutAtTheirDefaultsAreNoEdits() {
    // Regression: they vanished from the form's answer; then the data seemed to change with every
    // edit, which is not possible during a run, and the edit was dropped.
    auto spelled = twoTasks();
    for (const auto& spec : eq::data::catalog().descriptor("two_digits", "data.id").parameters)
      if (!spec.required) spelled.data.params[spec.name] = spec.defaultValue;
    spelled.balancer.gradient = {"cagrad", {{"c", 0.5}}};
    panel_->open(spelled, kinds());
    panel_->setRunning(true);
    std::vector<Command> asked;
    connect(panel_.get(), &ExperimentPanel::commandsRequested, this,
            [&](const std::vector<Command>& commands) { asked = commands; });
    choose(loss(0), "squentropy");
    QCOMPARE(asked.size(), std::size_t{1});
    QVERIFY(asked[0] == Command::setLoss(0, {"squentropy"}));
  }

  void anotherExperimentForgetsWhatWasTyped() {
    // Regression: invalid text stayed, marked, in the fields of an experiment that is valid.
    const auto fields = panel_->findChildren<ParameterField*>();
    int typed = 0;
    for (auto* field : fields)
      if (auto* box = field->findChild<NumberBox*>()) {
        auto* line = box->findChild<QLineEdit*>();
        line->setFocus();
        line->selectAll();
        QTest::keyClicks(line, "1,234");
        QTest::keyClick(line, Qt::Key_Return);
        typed += field->valid() ? 0 : 1;
      }
    QVERIFY(typed > 3);
    panel_->open(twoTasks(), kinds());
    for (auto* field : panel_->findChildren<ParameterField*>()) {
      QVERIFY2(field->valid(), qPrintable(field->problem()));
      for (auto* line : field->findChildren<QLineEdit*>()) QVERIFY(line->text() != "1,234");
    }
    QVERIFY(panel_->experiment() == twoTasks());
  }

  void undoNamesWhatChanged() {
    choose(loss(0), "squentropy");
    QVERIFY2(undo_.undoText().contains("left, loss to Squentropy"), qPrintable(undo_.undoText()));
    auto before = twoTasks(), after = before;
    after.epochs = before.epochs + 10;
    QCOMPARE(editText(before, after),
             QString("epochs %1 → %2").arg(before.epochs).arg(after.epochs));
    after = before;
    after.optimizer = {"adam", {{"lr", 0.01}}};
    before.optimizer = {"adam", {{"lr", 0.001}}};
    QCOMPARE(editText(before, after), QString("learning rate 0.001 → 0.01"));
    before.optimizer = {"sgd", {{"lr", 0.1}}};
    QCOMPARE(editText(before, after), QString("optimizer to Adam (learning rate 0.01)"));
    after = before;
    after.batchSize += 1;
    after.seed += 1;
    after.epochs += 1;
    QVERIFY2(editText(before, after).endsWith("and 1 more"), qPrintable(editText(before, after)));
    after = before;
    after.name = "a & b\n<b>";
    QCOMPARE(editText(before, after).right(9), QString("a & b\\n<b>").right(9));
  }

  void aRefusedCommandIsTakenBack() {
    panel_->setRunning(true);
    choose(loss(0), "squentropy");
    panel_->answered(twoTasks());
    QVERIFY(panel_->experiment() == twoTasks());
    QCOMPARE(loss(0)->method().id, std::string("cross_entropy"));
    QCOMPARE(undo_.count(), 0);
  }

  void aRefusedChoiceStaysMarkedAndSaysWhatIsInForce() {
    panel_->setRunning(true);
    choose(loss(0), "squentropy");
    panel_->refused(Command::setLoss(0, {"squentropy"}), "tasks[0].loss: no such labels",
                    twoTasks());
    QVERIFY(panel_->experiment() == twoTasks());
    QCOMPARE(loss(0)->shown().id, std::string("squentropy"));
    QCOMPARE(loss(0)->method().id, std::string("cross_entropy"));
    auto* box = loss(0)->findChild<QComboBox*>();
    QVERIFY(isMarked(*box));
    QCOMPARE(loss(0)->findChild<QLabel*>("instead")->text(),
             QString("No such labels\nIn force instead: Cross-entropy"));
    QVERIFY(!panel_->settle().isEmpty());
    choose(loss(0), "cross_entropy");  // back to what is in force: nothing to ask for
    QVERIFY(!isMarked(*box));
    QVERIFY(panel_->settle().isEmpty());
  }

  void aFormulaWithAMistakeStaysAsTypedAndIsNotInForce() {
    panel_->open(twoTasks());  // kinds that are not known speak against no loss
    choose(loss(0), "expression");
    const auto before = panel_->experiment();
    auto* field = loss(0)->form()->field("text");
    auto* line = field->findChild<QLineEdit*>();
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, "abs(p - t");
    QTest::keyClick(line, Qt::Key_Return);
    QTest::keyClick(line, Qt::Key_Return);  // twice: the mark stays
    QVERIFY(!field->valid());
    QCOMPARE(line->text(), QString("abs(p - t"));
    QVERIFY(panel_->experiment() == before);
    QVERIFY2(field->problem().startsWith("text: line 1, column 10"), qPrintable(field->problem()));
    choose(loss(1), "squentropy");  // an edit elsewhere leaves it
    QCOMPARE(line->text(), QString("abs(p - t"));
    QTest::keyClicks(line, ")");
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(field->valid());
    QCOMPARE(panel_->experiment().tasks[0].loss.params["text"].get<std::string>(),
             std::string("abs(p - t)"));
  }

  void theCountsOfClassesAreFilledInWhereTheyAreKnown() {
    panel_->open(twoTasks(), kinds(), {{5, 4, 3, 2, 1, 1, 1, 1, 1, 1}, {}});
    choose(loss(0), "ldam");
    QCOMPARE(panel_->experiment().tasks[0].loss.params["counts"].size(), std::size_t{10});
    choose(loss(1), "ldam");
    QCOMPARE(panel_->experiment().tasks[1].loss.id, std::string("focal"));
    QVERIFY(loss(1)->findChild<QLabel*>("instead")->text().endsWith("Focal loss (gamma 3)"));
  }

  /// Whatever is chosen: what the panel shows is in force, or it is marked with a text.
  void everyLossIsInForceOrMarked() {
    for (const bool known : {true, false})
      for (const auto* descriptor : eq::loss::catalog().descriptors()) {
        panel_->open(twoTasks(), known ? kinds() : std::vector<eq::TaskInfo>());
        choose(loss(0), descriptor->id.c_str());
        const auto shown = loss(0)->shown();
        QCOMPARE(shown.id, descriptor->id);
        const auto& inForce = panel_->experiment().tasks[0].loss;
        const auto* instead = loss(0)->findChild<QLabel*>("instead");
        const bool said =
            instead->isVisibleTo(loss(0)) && instead->text().contains("In force instead");
        QVERIFY2((inForce == shown) != said, descriptor->id.c_str());
        QCOMPARE(said, !panel_->settle().isEmpty());
      }
  }

  void aWeightingWithAStateSaysThatChangesBeginItAnew() {
    auto* weighting = withMethod("equal");
    const auto* summary = weighting->findChild<QLabel*>("summary");
    QVERIFY(!summary->text().contains("anew"));
    choose(weighting, "uncertainty");
    QVERIFY2(summary->text().endsWith("With every change of its parameters its state begins anew."),
             qPrintable(summary->text()));
  }

  void aSchemeOfEachKindIsChosen() {
    choose(scheme("Who trains in a step"), "dsg");
    QVERIFY(panel_->experiment().schemes == (std::vector<eq::train::MethodSpec>{{"dsg"}}));
    choose(scheme("How a step is made"), "sparse_training");
    const std::vector<eq::train::MethodSpec> both{{"dsg"}, {"sparse_training"}};
    QVERIFY(panel_->experiment().schemes == both);
    choose(scheme("Who trains in a step"), "");
    QCOMPARE(panel_->experiment().schemes.size(), std::size_t{1});
    undo_.undo();
    QVERIFY(panel_->experiment().schemes == both);
    QCOMPARE(scheme("Who trains in a step")->method().id, std::string("dsg"));
    undo_.undo();
    undo_.undo();
    QVERIFY(panel_->experiment() == twoTasks());
    QCOMPARE(scheme("How a step is made")->method().id, std::string());
  }

  /// With what it cannot do without filled in, as a beginning.
  void aSchemeThatNeedsTasksBeginsWithTheFirst() {
    choose(scheme("Who trains in a step"), "order_matters");
    QVERIFY(panel_->experiment().schemes ==
            (std::vector<eq::train::MethodSpec>{
                {"order_matters", {{"first", {"left"}}, {"steps", 100}}}}));
  }

  void aRunIsAskedForTheWholeSlotOfSchemes() {
    panel_->setRunning(true);
    std::vector<Command> asked;
    connect(panel_.get(), &ExperimentPanel::commandsRequested, this,
            [&](const std::vector<Command>& commands) { asked = commands; });
    choose(scheme("How a step is made"), "sparse_training");
    QCOMPARE(asked.size(), std::size_t{1});
    QVERIFY(asked[0] == Command::setScheme({{"sparse_training"}}));
    panel_->refused(asked[0], "scheme.id: no room", twoTasks());
    QVERIFY(panel_->experiment() == twoTasks());
    QCOMPARE(scheme("How a step is made")->findChild<QLabel*>("instead")->text(),
             QString("No room\nIn force instead: none"));
  }

  void schemesThatDoNotFitAreGrey() {
    const auto fits = [&](const char* id) {
      auto* chooser = scheme("How a step is made")->findChild<MethodChooser*>();
      chooser->showPopup();
      const auto* model = chooser->list()->list().model();
      bool found = false;
      for (int row = 0; row < model->rowCount(); ++row)
        if (model->index(row, 0).data(MethodDelegate::Id).toString() == id)
          found = model->index(row, 0).data(MethodDelegate::Fits).toBool();
      chooser->hidePopup();
      return found;
    };
    QVERIFY(!fits("dot") && !fits("m_config") && fits("sam_mtl"));  // Adam is no SGD
    auto experiment = twoTasks();
    experiment.optimizer = {"sgd"};
    panel_->open(experiment, kinds());
    QVERIFY(!fits("dot") && fits("m_config"));  // and no loss has a teacher
    panel_->open(twoTasks());
    QVERIFY(fits("dot"));  // kinds that are not known speak against nothing
  }

  void modelsThatCannotTakeTheDataAreGrey() {
    auto* chooser = withMethod("cnn")->findChild<MethodChooser*>();
    chooser->showPopup();
    const auto* rows = chooser->list()->list().model();
    QMap<QString, bool> fits;
    for (int row = 0; row < rows->rowCount(); ++row)
      fits[rows->index(row, 0).data(MethodDelegate::Id).toString()] =
          rows->index(row, 0).data(MethodDelegate::Fits).toBool();
    QVERIFY(fits.size() >= 9);
    for (auto model = fits.begin(); model != fits.end(); ++model)
      QVERIFY2(model.value() == (model.key() != "point"), qPrintable(model.key()));
    chooser->hidePopup();
  }

  /// With EQUIPOISE_SHOTS=FOLDER: pictures to look at.
  void screenshots() {
    const QString folder = qEnvironmentVariable("EQUIPOISE_SHOTS");
    if (folder.isEmpty()) QSKIP("EQUIPOISE_SHOTS names no folder");
    for (const Theme theme : {Theme::light, Theme::dark}) {
      applyTheme(*qApp, theme);
      const QString end = theme == Theme::light ? "-light.png" : "-dark.png";
      panel_->resize(330, 1000);
      panel_->show();
      panel_->open(twoTasks(), kinds());
      auto* chooser = loss(0)->findChild<MethodChooser*>();
      chooser->showPopup();
      QTest::qWait(50);
      chooser->list()->grab().save(folder + "/chooser" + end);
      chooser->list()->search().setText("embedding");
      QTest::qWait(50);
      chooser->list()->grab().save(folder + "/chooser-search" + end);
      chooser->hidePopup();
      choose(loss(0), "mse");
      choose(loss(1), "ldam");
      grabTo(folder + "/held" + end);
      panel_->open(twoTasks(), kinds());
      choose(loss(0), "sum");
      loss(0)->findChild<NestedMethods*>()->findChild<QPushButton*>()->click();
      choose(loss(1), "dynamic_reweight");
      grabTo(folder + "/nested" + end);
      panel_->open(twoTasks(), kinds());
      choose(scheme("Who trains in a step"), "dsg");
      choose(scheme("How a step is made"), "sam_mtl");
      panel_->resize(330, 2200);
      grabTo(folder + "/schemes" + end);
      auto* how = scheme("How a step is made")->findChild<MethodChooser*>();
      how->showPopup();
      QTest::qWait(50);
      how->list()->grab().save(folder + "/schemes-chooser" + end);
      how->hidePopup();
      panel_->resize(330, 1000);
      panel_->open(tenTasks());
      panel_->setRunning(true);
      grabTo(folder + "/table" + end);
      panel_->setRunning(false);
      panel_->open(twoTasks(), kinds());
      auto at = twoTasks();
      at.tasks[0].loss = {"squentropy"};
      at.tasks[1].weight = 2;
      panel_->showRecord(at, twoTasks(), "As at step 400 of the run x. What is marked differs.");
      grabTo(folder + "/record" + end);
    }
    applyTheme(*qApp, Theme::light);
  }

  void termsOfASumAreRows() {
    choose(loss(0), "sum");  // begins with the loss that was in force
    auto terms = [this] { return panel_->experiment().tasks[0].loss.params["terms"]; };
    QCOMPARE(terms().size(), std::size_t{1});
    QCOMPARE(terms()[0]["id"].get<std::string>(), std::string("cross_entropy"));
    auto* add = loss(0)->findChild<NestedMethods*>()->findChild<QPushButton*>();
    add->click();
    auto rows = loss(0)->findChildren<NestedMethod*>();
    QCOMPARE(rows.size(), 2);
    choose(rows[1]->findChild<MethodEditor*>(), "focal");
    type(*rows[1]->findChild<NumberBox*>(), "0.5");
    QCOMPARE(terms().size(), std::size_t{2});
    QCOMPARE(terms()[1]["id"].get<std::string>(), std::string("focal"));
    QCOMPARE(terms()[1]["weight"].get<double>(), 0.5);
    rows[0]->findChild<QToolButton*>()->click();
    QCOMPARE(terms().size(), std::size_t{1});
    QCOMPARE(terms()[0]["weight"].get<double>(), 0.5);
    undo_.undo();
    QCOMPARE(loss(0)->findChildren<NestedMethod*>().size(), 2);
  }

  void aWrapperGoesAroundTheLossInForceAndItsBaseIsChosen() {
    choose(loss(1), "dynamic_reweight");
    const auto base = [this] { return panel_->experiment().tasks[1].loss.params["base"]; };
    QCOMPARE(base()["id"].get<std::string>(), std::string("focal"));
    QCOMPARE(base()["params"]["gamma"].get<double>(), 3.0);
    auto* inner = loss(1)->findChild<NestedMethod*>()->findChild<MethodEditor*>();
    choose(inner, "cross_entropy");
    QCOMPARE(base()["id"].get<std::string>(), std::string("cross_entropy"));
  }

  void fewChangedParametersFoldAwayWithTheirCount() {
    auto* fold = loss(0)->findChild<Fold*>();
    QVERIFY(!fold->isOpen());
    auto* button = fold->findChild<QToolButton*>();
    QCOMPARE(button->text(), QString("Advanced"));
    auto experiment = twoTasks();
    experiment.tasks[0].loss.params["reduction"] = "sum";
    panel_->open(experiment, kinds());
    button = loss(0)->findChild<Fold*>()->findChild<QToolButton*>();
    QCOMPARE(button->text(), QString("Advanced · 1 changed"));
    button->click();
    QVERIFY(loss(0)->form()->field("reduction")->isVisibleTo(loss(0)));
  }

  void whatCanBeChangedStandsFirst() {
    panel_->resize(340, 2600);
    panel_->show();
    const auto top = [this](const char* title) {
      for (auto* fold : panel_->findChildren<Fold*>())
        if (fold->accessibleName() == title) return fold->mapTo(panel_.get(), QPoint()).y();
      qFatal("no section %s", title);
    };
    QTRY_VERIFY(top("Data") < top("Model") && top("Model") < top("Tasks"));
    panel_->setRunning(true);
    QTRY_VERIFY(top("Tasks") < top("Loss weighting") && top("Gradient method") < top("Data"));
    panel_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(panel_.get()));
    const auto cards = panel_->findChildren<TaskCard*>();
    cards[0]->findChild<QCheckBox*>()->setFocus();
    int below = 0;  // Tab goes down the cards, whatever was made when
    while (!cards[1]->isAncestorOf(QApplication::focusWidget())) {
      const auto place = QApplication::focusWidget()->mapTo(panel_.get(), QPoint()).y();
      QVERIFY(place >= below && cards[0]->isAncestorOf(QApplication::focusWidget()));
      below = place;
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    }
  }

  void aboveThreeTasksATableOpensOneCard() {
    panel_->open(tenTasks());
    panel_->show();
    auto* table = panel_->findChild<TaskTable*>();
    QVERIFY(table->isVisible());
    QCOMPARE(table->rowCount(), 10);
    QCOMPARE(table->item(1, 1)->text(), QString("Focal loss (gamma 3)"));
    const auto cards = panel_->findChildren<TaskCard*>();
    QCOMPARE(shownCards(), 1);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                      table->visualItemRect(table->item(1, 1)).center());
    QVERIFY(cards[1]->isVisible());
    QCOMPARE(shownCards(), 1);
    table->item(4, 0)->setCheckState(Qt::Unchecked);
    QVERIFY(!panel_->experiment().tasks[4].enabled);
    auto* weight = cards[7]->findChild<NumberBox*>();  // hidden, and wrong: it is brought up
    weight->findChild<QLineEdit*>()->setText("abc");
    weight->settle();
    QVERIFY(!panel_->settle().isEmpty());
    QVERIFY(cards[7]->isVisible());
    panel_->open(twoTasks(), kinds());
    QVERIFY(!table->isVisible());
    QCOMPARE(shownCards(), 2);
  }

  void aWeightCanBeDraggedAndCountsWhenLetGo() {
    panel_->setRunning(true);
    int asked = 0;
    connect(panel_.get(), &ExperimentPanel::commandsRequested, this, [&] { ++asked; });
    panel_->show();
    auto* card = panel_->findChildren<TaskCard*>()[0];
    auto* label = card->findChild<ScrubLabel*>();
    const QPoint from(4, 4);
    QTest::mousePress(label, Qt::LeftButton, {}, from);
    QTest::mouseMove(label, from + QPoint(100, 0));
    QTest::mouseMove(label, from + QPoint(200, 0));
    QCOMPARE(asked, 0);
    QTest::mouseRelease(label, Qt::LeftButton, {}, from + QPoint(200, 0));
    QCOMPARE(asked, 1);
    QCOMPARE(panel_->experiment().tasks[0].weight, 10.0);
  }

  void aRecordSaysWhatDiffersFromItsBeginningAndCannotBeChanged() {
    auto at = twoTasks();
    at.tasks[0].loss = {"squentropy"};
    at.tasks[1].weight = 2;
    panel_->showRecord(at, twoTasks(), "As at step 400 of the run x.");
    QCOMPARE(loss(0)->method().id, std::string("squentropy"));
    QVERIFY(!loss(0)->isEnabled());
    QCOMPARE(begun(*loss(0)), QString("At the beginning: Cross-entropy"));
    QCOMPARE(begun(*loss(1)), QString());
    QCOMPARE(begun(*panel_->findChildren<TaskCard*>()[1]), QString("At the beginning: weight 1"));
    QSignalSpy copy(panel_.get(), &ExperimentPanel::copyAsBegunRequested);
    for (auto* button : panel_->findChildren<QPushButton*>())
      if (button->text().contains("began")) button->click();
    QCOMPARE(copy.size(), 1);
    panel_->open(at, kinds());
    QVERIFY(loss(0)->isEnabled());
    QCOMPARE(begun(*loss(0)), QString());
  }

  void theTasksOfARecordCanBeLookedAtAndNotSwitched() {
    panel_->open(tenTasks());
    panel_->show();
    panel_->showRecord(tenTasks(), tenTasks(), "As at step 400 of the run x.");
    auto* table = panel_->findChild<TaskTable*>();
    const auto row = table->visualItemRect(table->item(5, 0));
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, row.center());
    QCOMPARE(table->task(), 5);
    QVERIFY(panel_->findChildren<TaskCard*>()[5]->isVisible());
    QTest::keyClick(table, Qt::Key_Space);
    QCOMPARE(table->item(5, 0)->checkState(), Qt::Checked);
    QVERIFY(panel_->experiment() == tenTasks());
  }

  /// Data with other tasks bring them when the run starts; a change that keeps them keeps them.
  void tasksGoWithWhatMakesThem() {
    auto* data = withMethod("two_digits");
    auto method = data->method();
    method.params["train_pairs"] = 500;
    data->setMethod(method);
    emit data->edited();
    QCOMPARE(panel_->experiment().tasks.size(), std::size_t{2});
    method.params["pixels"] = true;
    data->setMethod(method);
    emit data->edited();
    QVERIFY(panel_->experiment().tasks.empty());
    QVERIFY(panel_->findChildren<TaskCard*>().empty());
    undo_.undo();
    QCOMPARE(panel_->findChildren<TaskCard*>().size(), 2);
  }

  void answersWaitUntilNothingIsUnderWay() {
    panel_->setRunning(true);
    choose(loss(0), "squentropy");
    choose(loss(1), "squentropy");
    Experiment first = twoTasks();
    first.tasks[0].loss = {"squentropy"};
    panel_->answered(first);  // the second is still under way and stays on the screen
    QCOMPARE(loss(1)->method().id, std::string("squentropy"));
  }

  void whatCannotChangeIsLockedDuringARun() {
    panel_->setRunning(true);
    for (auto* editor : panel_->findChildren<MethodEditor*>()) {
      auto* combo = editor->findChild<QComboBox*>();
      const bool live = combo->accessibleName().startsWith("Loss") ||
                        combo->accessibleName() == "Gradient method" ||
                        combo->accessibleName().contains("a step");
      QCOMPARE(combo->isEnabled(), live);
    }
    panel_->setRunning(false);
    for (auto* editor : panel_->findChildren<MethodEditor*>())
      QVERIFY(editor->findChild<QComboBox*>()->isEnabled());
  }

 private:
  MethodEditor* withMethod(const std::string& id) {
    for (auto* editor : panel_->findChildren<MethodEditor*>())
      if (editor->method().id == id) return editor;
    qFatal("no editor of %s", id.c_str());
  }
  MethodEditor* scheme(const char* title) {
    for (auto* editor : panel_->findChildren<MethodEditor*>())
      if (editor->accessibleName() == title) return editor;
    qFatal("no section %s", title);
  }
  MethodEditor* loss(int task) {
    return panel_->findChildren<TaskCard*>()[task]->findChild<MethodEditor*>();
  }

  /// The line of the card or editor itself; empty where it is hidden.
  static QString begun(QWidget& widget) {
    auto* label = widget.findChild<QLabel*>("begun", Qt::FindDirectChildrenOnly);
    return label->isVisibleTo(&widget) ? label->text() : QString();
  }
  void grabTo(const QString& file) {
    QTest::qWait(50);
    panel_->grab().save(file);
  }
  int shownCards() const {
    int shown = 0;
    for (const auto* card : panel_->findChildren<TaskCard*>()) shown += card->isVisible() ? 1 : 0;
    return shown;
  }
  static void type(NumberBox& box, const QString& text) {
    auto* line = box.findChild<QLineEdit*>();
    line->selectAll();
    QTest::keyClicks(line, text);
    QTest::keyClick(line, Qt::Key_Return);
  }

  QUndoStack undo_;
  std::unique_ptr<ExperimentPanel> panel_;
};

EQUIPOISE_TEST(TestExperimentPanel)
#include "tst_experiment_panel.moc"
