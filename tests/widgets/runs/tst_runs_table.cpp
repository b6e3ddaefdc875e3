#include <algorithm>

#include <QAbstractItemView>
#include <QCompleter>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>

#include "core/run/run_labels.h"
#include "core/study/recorded_run.h"
#include "core/study/run_index.h"
#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/runs/filter_field.h"
#include "widgets/runs/run_columns.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"

using namespace eq::widgets;
using eq::test::RecordedRun;
using eq::train::SplitName;

class TestRunsTable : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { QCoreApplication::setOrganizationName("equipoise-tests"); }

  /// Three runs: a cross-entropy, one of squentropy, one without an evaluation.
  void init() {
    place_ = std::make_unique<QTemporaryDir>();
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, place_->filePath("settings"));
    QSettings().remove("runs/columns");
    RecordedRun ce, squentropy;
    ce.set("/name", "low").at(10, SplitName::validation, {0.5, 1, 0.5, 1}).write(runs() / "low");
    squentropy.set("/name", "high")
        .set("/tasks/0/loss/id", "squentropy")
        .at(5, SplitName::validation, {0.9, 1, 0.5, 1})
        .at(10, SplitName::validation, {0.8, 1, 0.5, 1})
        .write(runs() / "high");
    RecordedRun().set("/name", "bare").write(runs() / "bare");
    panel_ = std::make_unique<RunsPanel>(runs(), undo_);
    panel_->resize(900, 400);
    panel_->show();
  }
  void cleanup() {
    undo_.clear();
    panel_.reset();
  }

  void anExpressionFiltersByFieldsAndSeries() {
    type("best(val.left.accuracy) > 0.85 and tasks[0].loss.id == 'squentropy'");
    QCOMPARE(shown(), QStringList{"high"});
    type("val.left.accuracy < 0.85 and not (name == 'high')");
    QCOMPARE(shown(), QStringList{"low"});
    type("val.left.accuracy == null");
    QCOMPARE(shown(), QStringList{"bare"});
  }

  void aTextWithoutOperatorsIsSoughtInAllColumns() {
    type("hig");
    QCOMPARE(shown(), QStringList{"high"});
    type("");
    QCOMPARE(shown().size(), 3);
  }

  void aMistakeIsToldWithItsPlaceAndTheLastFilterStays() {
    type("val.left.accuracy > 0.85");
    type("val.left.acuracy > 0.85");
    QVERIFY2(problem().startsWith("filter: line 1, column 1: there is no validation.left.acuracy"),
             qPrintable(problem()));
    QVERIFY(panel_->findChild<QLabel*>("filterProblem")->isVisible());
    type("val.left.accuracy > 0.75");
    QVERIFY(problem().isEmpty());
    QCOMPARE(shown(), QStringList{"high"});
    type("val.left.accuracy > ");
    QVERIFY(problem().contains("found the end"));
    QCOMPARE(shown(), QStringList{"high"});
  }

  void namesAreCompletedWhileTheyAreTyped() {
    auto* field = panel_->findChild<FilterField*>();
    field->setFocus();
    QTest::keyClicks(field, "best(val.left.ac");
    auto* popup = field->findChild<QCompleter*>()->popup();
    QVERIFY(popup->isVisible());
    QCOMPARE(popup->model()->index(0, 0).data().toString(), QString("validation.left.accuracy"));
    QTest::keyClick(popup, Qt::Key_Down);
    QTest::keyClick(popup, Qt::Key_Return);
    QCOMPARE(field->text(), QString("best(validation.left.accuracy"));
    QTest::keyClicks(field, ") > 0.85");
    QCOMPARE(shown(), QStringList{"high"});
  }

  void aChosenColumnShowsSortsAndIsKept() {
    QCOMPARE(columns()->addColumn("best(val.left.accuracy)"), QString());
    QVERIFY(columns()->addColumn("best(val.left.acuracy)").contains("there is no"));
    const int column = RunsModel::kColumns;
    QCOMPARE(model().columnCount(), column + 1);
    QCOMPARE(model().headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
             QString("best(val.left.accuracy)"));
    table()->sortByColumn(column, Qt::DescendingOrder);
    QCOMPARE(shown(), (QStringList{"high", "low", "bare"}));
    table()->sortByColumn(column, Qt::AscendingOrder);
    QCOMPARE(shown(), (QStringList{"low", "high", "bare"}));  // no value stands last
    QCOMPARE(table()->model()->index(0, column).data().toString(), QString("0.5"));
    const RunsPanel later(runs(), undo_);
    QCOMPARE(later.model().columnCount(), column + 1);
    columns()->removeColumn(column);
    QCOMPARE(model().columnCount(), column);
  }

  void aPinnedRunStandsAboveTheOthersAndThatIsUndone() {
    table()->sortByColumn(RunsModel::kName, Qt::AscendingOrder);
    QCOMPARE(shown(), (QStringList{"bare", "high", "low"}));
    table()->selectRow(2);
    action("Pin")->trigger();
    QTRY_COMPARE(shown(), (QStringList{"low", "bare", "high"}));
    QVERIFY(eq::run::labelsOf(runs() / "low").pinned);
    table()->sortByColumn(RunsModel::kName, Qt::DescendingOrder);
    QCOMPARE(shown(), (QStringList{"low", "high", "bare"}));
    undo_.undo();
    QTRY_VERIFY(!eq::run::labelsOf(runs() / "low").pinned);
    table()->sortByColumn(RunsModel::kName, Qt::AscendingOrder);
    QTRY_COMPARE(shown(), (QStringList{"bare", "high", "low"}));
  }

  /// Whatever the order, a run stands before its forks, and they before the next run.
  void forksStandUnderTheRunThatTheyCameFrom() {
    using namespace eq;
    makeDemoRun(runs() / "p", demoExperiment("parent"), demoRecords(1, 50, 2));
    for (const auto* name : {"a fork", "z fork"}) {
      forkDemoRun(runs() / name, runs() / "p", 20, demoRecords(21, 40, 2));
      eq::run::setTitle(runs() / name, name);
    }
    forkDemoRun(runs() / "deep", runs() / "a fork", 30, demoRecords(31, 40, 2));
    eq::run::setTitle(runs() / "deep", "deep fork");
    panel_->refresh();
    const auto family = [&] {
      auto names = shown();
      for (const auto* other : {"low", "high", "bare"}) names.removeAll(other);
      return names;
    };
    table()->sortByColumn(RunsModel::kName, Qt::AscendingOrder);
    QTRY_COMPARE(family(), (QStringList{"parent", "a fork", "deep fork", "z fork"}));
    QCOMPARE(shown().last(), QString("z fork"));  // under p, behind bare, high and low
    table()->sortByColumn(RunsModel::kName, Qt::DescendingOrder);
    QCOMPARE(shown().mid(0, 4), (QStringList{"parent", "z fork", "a fork", "deep fork"}));
    QCOMPARE(table()->model()->index(3, 0).data(RunsModel::kDepthRole).toInt(), 2);
    panel_->findChild<RunsModel*>()->setNested(false);
    QCOMPARE(shown().mid(0, 2), (QStringList{"z fork", "parent"}));
    QCOMPARE(table()->model()->index(1, 0).data(RunsModel::kDepthRole).toInt(), 0);
  }

  void aTagIsTypedAndFound() {
    table()->sortByColumn(RunsModel::kName, Qt::AscendingOrder);
    table()->selectRow(0);
    action("Tag…")->trigger();
    auto* dialog = panel_->findChild<QInputDialog*>();
    QVERIFY(dialog);
    dialog->setTextValue("Paper, table 2");
    dialog->accept();
    type("tag ~ 'paper'");
    QTRY_COMPARE(shown(), QStringList{"bare"});
    QCOMPARE(eq::run::labelsOf(runs() / "bare").tag, std::string("Paper, table 2"));
  }

  void severalChosenRunsAreLabelledAtOnceAndUndoneAtOnce() {
    table()->selectAll();
    action("Tag…")->trigger();
    auto* dialog = panel_->findChild<QInputDialog*>();
    QVERIFY2(dialog->windowTitle().contains("3 runs"), qPrintable(dialog->windowTitle()));
    dialog->setTextValue("batch");
    dialog->accept();
    for (const auto* name : {"low", "high", "bare"})
      QCOMPARE(eq::run::labelsOf(runs() / name).tag, std::string("batch"));
    undo_.undo();
    for (const auto* name : {"low", "high", "bare"})
      QCOMPARE(eq::run::labelsOf(runs() / name).tag, std::string());
    QVERIFY(!undo_.canUndo());
  }

  void whatTakesOneRunIsOffWhileSeveralAreChosen() {
    table()->selectAll();
    for (const auto* text : {"Open", "Fork", "Rename", "Folder"})
      QVERIFY2(!action(text)->isEnabled(), text);
    QVERIFY(action("Trash")->isEnabled());
    table()->selectRow(0);
    QVERIFY(action("Open")->isEnabled());
  }

  void theSelectionOutlivesARunThatComes() {
    panel_->select({runs() / "low", runs() / "bare"});
    RecordedRun().set("/name", "new").write(runs() / "new");
    QTRY_VERIFY_WITH_TIMEOUT(shown().contains("new"), 5000);
    auto chosen = panel_->selectedRuns();
    std::sort(chosen.begin(), chosen.end());
    QCOMPARE(chosen, (std::vector<std::filesystem::path>{runs() / "bare", runs() / "low"}));
  }

  void runsThatComeAndGoBehindItsBackAreSeen() {
    std::filesystem::remove_all(runs() / "low");
    RecordedRun().set("/name", "new").write(runs() / "new");
    QTRY_VERIFY_WITH_TIMEOUT(shown().contains("new") && !shown().contains("low"), 5000);
  }

  /// EQUIPOISE_MANY_RUNS: a workspace made by tests/scripts/many-runs.
  void tenThousandRunsOpenFilterAndSortInUnderASecond() {
    const auto workspace = qEnvironmentVariable("EQUIPOISE_MANY_RUNS");
    if (workspace.isEmpty()) QSKIP("EQUIPOISE_MANY_RUNS names no workspace");
    eq::study::RunIndex(workspace.toStdString()).refresh();
    QElapsedTimer clock;
    const auto told = [&](const char* what) {
      qInfo("%s: %lld ms", what, static_cast<long long>(clock.restart()));
    };
    panel_.reset();
    clock.start();
    panel_ = std::make_unique<RunsPanel>(workspace.toStdString(), undo_);
    told("made");
    panel_->resize(1200, 700);
    panel_->show();
    panel_->grab();
    told("shown");
    QVERIFY(model().rowCount() >= 10000);
    clock.restart();
    type("tasks[0].loss.id == 'focal' and best(val.left.accuracy) > 0.7");
    panel_->grab();
    told("filtered");
    qInfo("%d of %d rows", table()->model()->rowCount(), model().rowCount());
    columns()->addColumn("mean(val.left.loss, 5)");
    told("column");
    type("");
    table()->sortByColumn(RunsModel::kColumns, Qt::AscendingOrder);
    panel_->grab();
    told("sorted");
    for (int row = 0; row < 10000; row += 500) {
      table()->scrollTo(table()->model()->index(row, 0));
      table()->grab();
    }
    told("scrolled 20 times");
  }

 private:
  std::filesystem::path runs() const { return place_->filePath("runs").toStdString(); }
  QTableView* table() const { return panel_->findChild<QTableView*>(); }
  RunColumns* columns() const { return panel_->findChild<RunColumns*>(); }
  const RunsModel& model() const { return panel_->model(); }
  QString problem() const { return panel_->findChild<FilterField*>()->problem(); }

  void type(const QString& text) {
    auto* field = panel_->findChild<FilterField*>();
    field->setFocus();
    field->setText(text);
  }

  QStringList shown() const {
    QStringList names;
    for (int row = 0; row < table()->model()->rowCount(); ++row)
      names << table()->model()->index(row, RunsModel::kName).data().toString();
    return names;
  }

  QAction* action(const QString& text) const {
    for (auto* one : table()->actions())
      if (one->text() == text) return one;
    return nullptr;
  }

  std::unique_ptr<QTemporaryDir> place_;
  QUndoStack undo_;
  std::unique_ptr<RunsPanel> panel_;
};

EQUIPOISE_TEST(TestRunsTable)
#include "tst_runs_table.moc"
