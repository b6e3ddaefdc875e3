#include <algorithm>
#include <fstream>
#include <optional>

#include <QAbstractItemView>
#include <QCompleter>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
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
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/plot_link.h"
#include "widgets/runs/filter_field.h"
#include "widgets/runs/run_columns.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/run_colours.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/theme.h"

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

  /// As forks under their parents; what is done with the sweep's row is done with its runs.
  void runsOfASweepStandUnderIt() {
    writeSweep();
    panel_->refresh();
    table()->sortByColumn(RunsModel::kName, Qt::AscendingOrder);
    QTRY_COMPARE(shown(), (QStringList{"bare", "high", "low", "my sweep", "first", "second"}));
    QVERIFY(cell(3, RunsModel::kState) == "2 of 2 ended");
    QVERIFY(cell(3, RunsModel::kOrigin) == "Sweep or race, 2 runs");
    QCOMPARE(table()->model()->index(4, 0).data(RunsModel::kDepthRole).toInt(), 1);
    table()->sortByColumn(RunsModel::kName, Qt::DescendingOrder);
    QCOMPARE(shown(), (QStringList{"my sweep", "second", "first", "low", "high", "bare"}));
    type("first");
    QCOMPARE(shown(), (QStringList{"my sweep", "first"}));
    type("my swe");
    QCOMPARE(shown(), (QStringList{"my sweep", "second", "first"}));
    type("name == 'second'");
    QCOMPARE(shown(), (QStringList{"my sweep", "second"}));
    type("");
    table()->selectRow(0);
    QCOMPARE(panel_->selectedRuns().size(), std::size_t(2));
    QVERIFY(!action("Open")->isEnabled() && action("Tag…")->isEnabled());
    QCOMPARE(panel_->rows().size(), std::size_t(5));  // a sweep is no run
    panel_->findChild<RunsModel*>()->setNested(false);
    QCOMPARE(shown(), (QStringList{"second", "low", "high", "first", "bare"}));
  }

  void theBoxOfASweepShowsItsRuns() {
    writeSweep();
    panel_->refresh();
    RunData focus;
    ShownRuns runsShown(focus);
    panel_->setShown(runsShown);
    type("my sweep");
    const auto box = table()->model()->index(0, RunsModel::kShown);
    QTRY_COMPARE(box.data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Unchecked));
    QVERIFY(table()->model()->setData(box, Qt::Checked, Qt::CheckStateRole));
    QVERIFY(runsShown.isShown(runs() / "my sweep" / "first"));
    QCOMPARE(box.data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Checked));
    runsShown.setShown(runs() / "my sweep" / "first", false);
    QCOMPARE(box.data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::PartiallyChecked));
    panel_.reset();  // before what it shows
  }

  void aColourIsSetShownAndUndone() {
    table()->sortByColumn(RunsModel::kName, Qt::AscendingOrder);
    table()->selectRow(0);
    auto* colours = action("Colour")->menu();
    QVERIFY(colours);
    QCOMPARE(colours->actions().size(), 1 + eq::run::kLabelColours);
    colours->actions().at(3)->trigger();
    QCOMPARE(eq::run::labelsOf(runs() / "bare").colour, 3);
    const auto swatch = [&] {
      return table()->model()->index(0, RunsModel::kName).data(Qt::DecorationRole).value<QColor>();
    };
    QTRY_COMPARE(swatch(), taskColour(themeOf(*table()), 2));
    QCOMPARE(RunColours::instance().of(runs() / "bare"), std::optional(2));
    type("colour == 3");
    QCOMPARE(shown(), QStringList{"bare"});
    undo_.undo();
    QTRY_VERIFY(!swatch().isValid());
    QVERIFY(!RunColours::instance().of(runs() / "bare"));
  }

  /// Of the newest value of a metric, as far as the run measured it.
  void valuesHaveTheirIntervals() {
    RecordedRun run;
    run.set("/name", "measured").at(10, SplitName::validation, {0.75, 1, 0.5, 1});
    run.records.intervals.push_back(
        {SplitName::validation, {{0, {{"accuracy", {0.625, 0.875, 0.95, 200}}}}}});
    run.write(runs() / "measured");
    panel_->refresh();
    QCOMPARE(columns()->addColumn("val.left.accuracy"), QString());
    QCOMPARE(columns()->addColumn("best(val.left.accuracy)"), QString());
    type("name == 'measured'");
    QTRY_COMPARE(cell(0, RunsModel::kColumns), QString("0.75 [0.625, 0.875]"));
    QCOMPARE(cell(0, RunsModel::kColumns + 1), QString("0.75"));  // none of the best
    const auto tip = [&](int column) {
      return table()->model()->index(0, column).data(Qt::ToolTipRole).toString();
    };
    QVERIFY(tip(RunsModel::kColumns).contains("95 % interval over the examples"));
    QVERIFY(tip(RunsModel::kColumns + 1).startsWith("No interval"));
    type("name == 'low'");
    QCOMPARE(cell(0, RunsModel::kColumns), QString("0.5"));
    const RunsPanel later(runs(), undo_);  // from the index
    const auto& known = later.model();
    bool found = false;
    for (int row = 0; row < known.rowCount(); ++row)
      found = found || known.index(row, RunsModel::kColumns).data() == "0.75 [0.625, 0.875]";
    QVERIFY(found);
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
    overlayFifty(clock);
  }

 private:
  /// Of the first rows, and then as groups of seeds.
  void overlayFifty(QElapsedTimer& clock) const {
    RunData focus;
    ShownRuns runsShown(focus);
    PlotLink link;
    link.setRuns(runsShown);
    LossesPlot plot(focus, link);
    plot.resize(900, 600);
    plot.show();
    clock.restart();
    for (std::size_t i = 0; i < 50; ++i)
      runsShown.setShown(panel_->rows().at(i)->info.folder, true);
    QTRY_COMPARE_WITH_TIMEOUT(runsShown.runs().size(), std::size_t(50), 20000);
    plot.bringUpToDate();
    plot.grab();
    qInfo("50 overlaid: %lld ms", static_cast<long long>(clock.restart()));
    runsShown.setGrouping(Grouping::seeds);
    plot.bringUpToDate();
    plot.grab();
    qInfo("grouped by seed: %lld ms", static_cast<long long>(clock.restart()));
    QVERIFY(runsShown.groups().size() < 50);
  }

  QString cell(int row, int column) const {
    return table()->model()->index(row, column).data().toString();
  }

  /// Two runs that have ended, below a folder of their own.
  void writeSweep() const {
    for (const auto* name : {"first", "second"})
      RecordedRun().set("/name", name).write(runs() / "my sweep" / name);
    std::ofstream(runs() / "my sweep" / "sweep.json") << "{}";
  }

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
