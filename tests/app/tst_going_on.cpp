#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QAction>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include "app/best_forks.h"
#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/timeline.h"
#include "widgets/session/run_data.h"
#include "widgets/session/transport.h"
#include "widgets/style/elided_label.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/number_boxes.h"

using namespace eq::widgets;
using eq::app::MainWindow;
using eq::run::RunReader;
using eq::run::RunState;

namespace {

constexpr int kPatience = 30000;  // ms, for machines with much else to do

/// A step an epoch.
eq::train::Experiment valleysFor(double epochs) {
  auto experiment = eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "Valleys", "data": {"id": "two_valleys"}, "model": {"id": "point"}, "batch_size": 1,
    "threads": 1})"));
  experiment.epochs = epochs;
  return experiment;
}

}  // namespace

/// What can be done with a run that has ended, or stands still: by mouse and key.
class TestGoingOn : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("going-on");
  }
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(workspace_->path().toStdString());
    window_->resize(1400, 800);
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
  }
  void cleanup() {
    window_.reset();
    workspace_.reset();
  }

  void afterStopTheFirstButtonResumesAndTheNextBeginsAnew() {
    startSlowly();
    QVERIFY(!button("New run"));
    press("Stop");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kPatience);
    QVERIFY2(facts().startsWith("Stopped at step "), qPrintable(facts()));
    const auto folder = window_->runs().present();
    const auto steps = rows();
    press("Resume");
    QTRY_VERIFY_WITH_TIMEOUT(rows() > steps, kPatience);
    QCOMPARE(window_->runs().present(), folder);
    press("Stop");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kPatience);
    press("New run");
    QTRY_VERIFY_WITH_TIMEOUT(window_->runs().present() != folder, kPatience);
    QVERIFY(rows() < steps);
  }

  void aFinishedRunAsksHowFarItGoesOn() {
    const auto folder = finishedRun(6);
    QVERIFY2(facts().startsWith("Finished after 6 steps"), qPrintable(facts()));
    press("Continue…");
    auto* dialog = question();
    QVERIFY(dialog);
    auto* epochs = dialog->findChild<NumberBox*>();
    QCOMPARE(epochs->value(), 6.0);
    typeInto(*epochs, "4");
    answer(*dialog, "Continue");
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t{10}, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kPatience);
    QCOMPARE(window_->runs().present(), folder);
    QCOMPARE(RunReader(folder).info().totalSteps, std::int64_t{10});
  }

  /// Whatever was typed stays, and the question with it.
  void aNumberOfEpochsThatDoesNotCountKeepsTheQuestion() {
    finishedRun(6);
    press("Continue…");
    auto* dialog = question();
    auto* epochs = dialog->findChild<NumberBox*>();
    typeInto(*epochs, "many");
    answer(*dialog, "Continue");
    QVERIFY(dialog->isVisible());
    QVERIFY(!epochs->problem().isEmpty());
    QVERIFY(!window_->runs().active());
    answer(*dialog, "Cancel");
    QTRY_VERIFY(!question());
    QVERIFY(!window_->runs().active());
  }

  void aForkAsksForItsNameAndBeforeItEndsARun() {
    startSlowly();
    const auto parent = window_->runs().present();
    press("Fork");
    auto* dialog = question();
    QVERIFY(dialog);
    QVERIFY2(says(*dialog, "is stopped for it"), "the run that goes on is not named");
    const auto steps = rows();
    QTRY_VERIFY_WITH_TIMEOUT(rows() > steps, kPatience);  // nothing waits for the answer
    answer(*dialog, "Cancel");
    QTRY_VERIFY(!question());
    QCOMPARE(window_->runs().training(), parent);
    press("Fork");
    dialog = question();
    typeInto(*dialog->findChild<QLineEdit*>(), "bold");
    answer(*dialog, "Stop it and fork");
    QTRY_VERIFY_WITH_TIMEOUT(window_->runs().present() != parent, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::paused, kPatience);
    const auto info = RunReader(window_->runs().present()).info();
    QCOMPARE(info.title, std::string("bold"));
    QCOMPARE(RunReader(parent).info().state, RunState::stopped);
    QTRY_COMPARE(cell("bold", RunsModel::kOrigin), QString("Valleys @ %1").arg(info.parentStep));
  }

  /// The menu names the steps at which the run was best, by the values of its record.
  void aRunIsForkedFromItsBestSteps() {
    const auto folder = finishedRun(6);
    auto* menu = window_->findChild<eq::app::BestForks*>();
    QVERIFY(menu);
    emit menu->aboutToShow();
    QCOMPARE(menu->actions().size(), 2);
    const auto evaluations = RunReader(folder).evaluations();
    double best = std::numeric_limits<double>::infinity();
    std::int64_t step = -1;
    for (const auto& evaluation : evaluations)
      if (evaluation.split == eq::train::SplitName::validation &&
          evaluation.tasks.at(0).at("loss") < best)
        best = evaluation.tasks.at(0).at("loss"), step = evaluation.step;
    auto* action = menu->actions().at(0);
    QVERIFY2(action->text().endsWith(QString("at step %1").arg(step)), qPrintable(action->text()));
    QVERIFY(action->isEnabled());
    action->trigger();
    auto* dialog = question();
    QVERIFY(dialog);
    QCOMPARE(dialog->findChild<IntegerBox*>()->value(), static_cast<double>(step));
    answer(*dialog, "Cancel");
    QTRY_VERIFY(!question());
  }

  void aForkAtTheEndAsksHowFar() {
    finishedRun(6);
    auto* runs = window_->findChild<RunsPanel*>();
    auto* table = runs->findChild<QTableView*>();
    table->selectRow(0);
    table->setFocus();
    QTest::keyClick(table, Qt::Key_B, Qt::ControlModifier | Qt::ShiftModifier);
    auto* dialog = question();
    QVERIFY(dialog);
    typeInto(*epochsIn(*dialog), "3");
    answer(*dialog, "Fork");
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::paused, kPatience);
    const auto info = RunReader(window_->runs().present()).info();
    QCOMPARE(info.parentStep, std::int64_t{6});
    QCOMPARE(info.totalSteps, std::int64_t{9});
    QCOMPARE(info.title, std::string("Valleys, fork"));
  }

  /// From a place of a plot, with the step typed anew; what is at the left is part of the fork.
  void aForkBeginsAtAnyStepOfAPlotAndTellsWhatIsMadeAgain() {
    const auto parent = finishedRun(60);
    auto& losses = *window_->plots().panel("losses");
    losses.bringUpToDate();
    losses.plot().replot();
    const auto* axis = losses.plot().axisRect()->axis(QCPAxis::atBottom);
    const QPoint place(qRound(axis->coordToPixel(40)),
                       losses.plot().axisRect()->rect().center().y());
    emit losses.plot().customContextMenuRequested(place);
    auto* fork = losses.findChild<QAction*>("fork");
    QVERIFY(fork->isVisible());
    QVERIFY2(fork->text().contains("from step "), qPrintable(fork->text()));
    const double step = QString(fork->text().section("step ", 1)).remove("…").toDouble();
    QVERIFY2(std::abs(step - 40) < 2, qPrintable(fork->text()));
    QApplication::activePopupWidget()->close();  // as a click on the entry does
    fork->trigger();
    auto* dialog = question();
    QVERIFY(dialog);
    auto* box = dialog->findChild<IntegerBox*>();
    QCOMPARE(box->value(), step);
    QVERIFY(!epochsIn(*dialog)->isVisible());
    typeInto(*box, "25");
    box->settle();  // as leaving the box does
    std::int64_t nearest = 0;
    for (const auto& one : eq::run::checkpointsIn(parent))
      if (one.step <= 25) nearest = one.step;
    QCOMPARE(box->value(), 25.0);
    QVERIFY(
        says(*dialog,
             QString("that of step %1: %2 steps are made again").arg(nearest).arg(25 - nearest)));
    answer(*dialog, "Fork");
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::paused, kPatience);
    const auto info = RunReader(window_->runs().present()).info();
    QCOMPARE(info.parentStep, std::int64_t{25});
    const auto made = RunReader(window_->runs().present()).steps();
    const auto recorded = RunReader(parent).steps(0, 25);
    QCOMPARE(made.size(), recorded.size());
    QVERIFY(made.back().losses == recorded.back().losses);
  }

  /// The step that is typed may be the end.
  void aForkMovedToTheEndAsksHowFarBeforeItBegins() {
    finishedRun(6);
    auto* timeline = window_->findChild<Timeline*>();
    emit timeline->forkRequested(3);
    auto* dialog = question();
    QVERIFY(dialog && !epochsIn(*dialog)->isVisible());
    typeInto(*dialog->findChild<IntegerBox*>(), "6");
    answer(*dialog, "Fork");
    QVERIFY(dialog->isVisible() && epochsIn(*dialog)->isVisible());
    answer(*dialog, "Fork");
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::paused, kPatience);
    QCOMPARE(RunReader(window_->runs().present()).info().totalSteps, std::int64_t{12});
  }

  void theUndoOfALiveChangeIsOfferedAsAFork() {
    startSlowly();
    auto* rate = fieldOf("Learning rate");
    QVERIFY(rate);
    typeInto(*rate, "0.25");
    const auto events = [&](double wanted) {
      return window_->runs().inForce().optimizer.params.value("lr", 0.0) == wanted;
    };
    QTRY_VERIFY_WITH_TIMEOUT(events(0.25), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(window_->data().events().back().kind == "command", kPatience);
    const auto step = window_->data().events().back().step;
    window_->findChild<QUndoStack*>()->undo();
    QTRY_VERIFY_WITH_TIMEOUT(!events(0.25), kPatience);
    QVERIFY2(window_->messages().text().contains(
                 QString("The change of step %1 is taken back").arg(step)),
             qPrintable(window_->messages().text()));
    window_->messages().activate();
    auto* dialog = question();
    QVERIFY(dialog);
    QCOMPARE(dialog->findChild<IntegerBox*>()->value(), static_cast<double>(step - 1));
    QVERIFY(says(*dialog,
                 QString("What was changed at step %1, and later, is not part of it").arg(step)));
    answer(*dialog, "Cancel");
  }

  void pausedIsSaidInTheStatusTheRecordAndTheTable() {
    startSlowly();
    press("Pause");
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::paused, kPatience);
    QVERIFY2(facts().startsWith("paused · step "), qPrintable(facts()));
    QTRY_COMPARE(window_->data().events().back().kind, std::string("paused"));
    QTRY_COMPARE(cell("Valleys", RunsModel::kState), QString("paused"));
    press("Go on");
    QTRY_COMPARE(window_->data().events().back().kind, std::string("continued"));
    QTRY_COMPARE(cell("Valleys", RunsModel::kState), QString("running"));
  }

  void withShiftARunStartsPaused() {
    window_->openExperiment(valleysFor(100));
    QTest::mouseClick(button("Start"), Qt::LeftButton, Qt::ShiftModifier);
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::paused, kPatience);
    QCOMPARE(rows(), std::size_t{0});
    QTest::mouseClick(button("Step"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t{1}, kPatience);
  }

  void theSpeedLimitOfTheToolBarHolds() {
    auto* limit = window_->findChild<Transport*>()->findChild<NumberBox*>();
    QCOMPARE(limit->value(), 0.0);
    QCOMPARE(limit->text(), QString("no limit"));
    typeInto(*limit, "10");
    QCOMPARE(limit->text(), QString("10 steps/s"));
    window_->openExperiment(valleysFor(1e6));
    press("Start");
    QTRY_VERIFY_WITH_TIMEOUT(rows() > 1, kPatience);
    const auto before = rows();
    QTest::qWait(1000);
    QVERIFY2(rows() - before <= 12, qPrintable(QString::number(rows() - before)));
    typeInto(*limit, "0");
    QCOMPARE(limit->text(), QString("no limit"));
    QTRY_VERIFY_WITH_TIMEOUT(rows() > before + 200, kPatience);
  }

  void f2RenamesARunAndUndoTakesItBack() {
    const auto folder = finishedRun(3);
    auto* table = window_->findChild<RunsPanel*>()->findChild<QTableView*>();
    table->selectRow(0);
    table->setFocus();
    QTest::keyClick(table, Qt::Key_F2);
    auto* editor = table->viewport()->findChild<QLineEdit*>();
    QVERIFY(editor);
    QTest::keyClicks(editor, "half");
    window_->findChild<RunsPanel*>()->refresh();  // as when a folder appears
    QCOMPARE(editor->text(), QString("half"));
    QTest::keyClicks(editor, " a name");
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(cell("half a name", RunsModel::kName), QString("half a name"));
    QCOMPARE(RunReader(folder).info().title, std::string("half a name"));
    auto* undo = window_->findChild<QUndoStack*>();
    QCOMPARE(undo->undoText(), QString("name of a run to half a name"));
    QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier);
    QTRY_COMPARE(cell("Valleys", RunsModel::kName), QString("Valleys"));
    QCOMPARE(RunReader(folder).info().title, std::string());
  }

 private:
  std::size_t rows() const { return window_->data().x(XUnit::step).size(); }
  QString facts() const {
    return window_->findChild<Transport*>()->findChild<ElidedLabel*>()->text();
  }

  /// Of the transport, on the screen; null where there is none.
  QToolButton* button(const QString& text) const {
    for (auto* found : window_->findChild<Transport*>()->findChildren<QToolButton*>())
      if (found->text() == text && found->isVisible()) return found;
    return nullptr;
  }
  void press(const QString& text) const {
    const auto stands = [&] { return button(text) && button(text)->isEnabled(); };
    QVERIFY2(QTest::qWaitFor(stands, kPatience),
             qPrintable(QString("no button %1: %2").arg(text, facts())));
    QTest::mouseClick(button(text), Qt::LeftButton);
  }

  QDialog* question() const {
    for (auto* found : window_->findChildren<QDialog*>())
      if (found->isVisible()) return found;
    return nullptr;
  }
  static void answer(QDialog& dialog, const QString& text) {
    for (auto* found : dialog.findChildren<QPushButton*>())
      if (found->text().remove('&') == text) return QTest::mouseClick(found, Qt::LeftButton);
    QFAIL(qPrintable("no button " + text));
  }
  static bool says(const QDialog& dialog, const QString& text) {
    const auto labels = dialog.findChildren<QLabel*>();
    return std::any_of(labels.begin(), labels.end(),
                       [&](const QLabel* label) { return label->text().contains(text); });
  }
  static void typeInto(QWidget& field, const QString& text) {
    field.setFocus();
    QTest::keyClick(&field, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(&field, text);
    if (qobject_cast<NumberBox*>(&field) && !qobject_cast<QDialog*>(field.window()))
      QTest::keyClick(&field, Qt::Key_Return);
  }

  static NumberBox* epochsIn(const QDialog& dialog) {
    for (auto* box : dialog.findChildren<NumberBox*>())
      if (box->accessibleName() == "Epochs to train") return box;
    return nullptr;
  }

  /// Of a number in the experiment's panel.
  NumberBox* fieldOf(const QString& name) const {
    for (auto* box : window_->experimentPanel().findChildren<NumberBox*>())
      if (box->accessibleName() == name && box->isVisible()) return box;
    return nullptr;
  }

  /// Of the run that is called so.
  QString cell(const QString& name, RunsModel::Column column) const {
    const auto& model = window_->findChild<RunsPanel*>()->model();
    for (int row = 0; row < model.rowCount(); ++row)
      if (model.index(row, RunsModel::kName).data() == name)
        return model.index(row, column).data().toString();
    return {};
  }

  void startSlowly() {
    window_->runs().session().setLimit(50);
    window_->openExperiment(valleysFor(1e6));
    press("Start");
    QTRY_VERIFY_WITH_TIMEOUT(rows() > 3, kPatience);
  }

  std::filesystem::path finishedRun(double epochs) {
    window_->openExperiment(valleysFor(epochs));
    press("Start");
    const bool ended = QTest::qWaitFor(
        [&] { return window_->data().finished() && !window_->runs().active(); }, kPatience);
    if (!ended) qFatal("the run does not end");
    return window_->runs().present();
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestGoingOn)
#include "tst_going_on.moc"
