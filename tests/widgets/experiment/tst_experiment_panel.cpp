#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include "core/data/catalog.h"
#include "tests/registry.h"
#include "widgets/experiment/edit_text.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/task_card.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/number_boxes.h"

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
    QVERIFY2(undo_.undoText().contains("squentropy"), qPrintable(undo_.undoText()));
    auto before = twoTasks(), after = before;
    after.epochs = before.epochs + 10;
    QCOMPARE(editText(before, after),
             QString("epochs %1 → %2").arg(before.epochs).arg(after.epochs));
    after = before;
    after.optimizer = {"adam", {{"lr", 0.01}}};
    before.optimizer = {"adam", {{"lr", 0.001}}};
    QCOMPARE(editText(before, after), QString("learning rate 0.001 → 0.01"));
    before.optimizer = {"sgd", {{"lr", 0.1}}};
    QCOMPARE(editText(before, after), QString("optimizer sgd → adam"));
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
                        combo->accessibleName() == "Gradient method";
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
  MethodEditor* loss(int task) {
    return panel_->findChildren<TaskCard*>()[task]->findChild<MethodEditor*>();
  }

  QUndoStack undo_;
  std::unique_ptr<ExperimentPanel> panel_;
};

EQUIPOISE_TEST(TestExperimentPanel)
#include "tst_experiment_panel.moc"
