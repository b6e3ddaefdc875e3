#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <QAction>
#include <QDir>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QPointer>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSet>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocument>
#include <QUndoStack>
#include <QUrl>
#include <QWindow>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/gallery.h"
#include "widgets/experiment/table_dialog.h"
#include "widgets/parameter_form.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_link.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/timeline.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"

using namespace eq::widgets;
using eq::app::MainWindow;
using eq::train::Command;
using eq::train::Experiment;

namespace {

Experiment experiment() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "Short valleys", "data": {"id": "two_valleys", "start": "upper_left"},
    "model": {"id": "point"}, "balancer": {"gradient": {"id": "pcgrad"}},
    "optimizer": {"id": "adam", "lr": 0.002}, "batch_size": 1, "epochs": 40, "threads": 1})"));
}

/// What fake jobs do and are told, seen from outside of the training thread.
class Log {
 public:
  void add(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_ << QString::fromStdString(line);
  }
  QStringList lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  QStringList lines_;
};

/// Trains nothing, for as long as it is let; fails at `failAt`.
class FakeJob : public Job {
 public:
  FakeJob(Log& log, Experiment experiment, int failAt)
      : log_(log), experiment_(std::move(experiment)), failAt_(failAt) {
    for (const char* name : {"first", "second"}) {
      eq::train::TaskSpec task;
      task.name = name;
      task.loss = {"mse"};
      experiment_.tasks.push_back(task);
    }
  }

  RunFacts facts() const override {
    RunFacts facts;
    facts.folder = "somewhere";
    facts.experiment = experiment_;
    facts.tasks.resize(2);
    facts.tasks[0].name = "first";
    facts.tasks[1].name = "second";
    for (auto& task : facts.tasks) task.kind = eq::TaskKind::regression;
    facts.totalSteps = 1000000000;
    return facts;
  }
  bool finished() const override { return false; }
  void step() override {
    if (step_ == failAt_) throw eq::Error("the disk is full", eq::ErrorKind::failure);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    eq::train::StepRecord record;
    record.step = ++step_;
    record.losses = {1.0 / static_cast<double>(step_), 2};
    record.weights = {1, 1};
    records_.steps.push_back(record);
  }
  void apply(const Command& command) override {
    experiment_ = eq::train::applied(experiment_, command);
    log_.add(eq::train::toJson(command).dump());
    eq::train::EventRecord event;
    event.step = step_;
    event.kind = "command";
    event.text = "a change";
    records_.events.push_back(event);
  }
  Experiment experiment() const override { return experiment_; }
  eq::train::ExampleView examples(const eq::train::ExampleRequest& request) const override {
    return {request, 0, {}, {}, {}};
  }
  std::vector<eq::train::ExamplePicture> pictures(const std::vector<std::int64_t>&) const override {
    return {};
  }
  eq::train::PredictionPage predictions(
      const eq::train::PredictionRequest& request) const override {
    eq::train::PredictionPage page;
    page.request = request;
    page.step = step_;
    return page;
  }
  std::filesystem::path checkpoint() override { return "checkpoint"; }
  void setPaused(bool) override {}
  bool unsaved() const override { return false; }
  void secure() override {}
  void moveTo(const std::filesystem::path&) override {}
  eq::run::Records take() override { return std::exchange(records_, {}); }
  void close() override { log_.add("closed"); }
  void leave() override { log_.add("left"); }
  void fail(const std::string& message) override { log_.add("failed: " + message); }

 private:
  Log& log_;
  Experiment experiment_;
  std::int64_t step_ = 0;
  int failAt_;
  eq::run::Records records_;
};

/// Closes when it is let.
class SlowJob : public FakeJob {
 public:
  SlowJob(Log& log, const Experiment& experiment, const std::atomic<bool>& closed)
      : FakeJob(log, experiment, -1), closed_(closed) {}
  void close() override {
    while (!closed_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    FakeJob::close();
  }

 private:
  const std::atomic<bool>& closed_;
};

int enabledFields(const ExperimentPanel& panel) {
  const auto fields = panel.findChildren<ParameterField*>();
  return static_cast<int>(std::count_if(fields.begin(), fields.end(),
                                        [](const auto* field) { return field->isEnabled(); }));
}

bool says(const ExperimentPanel& panel, const QString& text) {
  const auto labels = panel.findChildren<QLabel*>();
  return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) {
    return label->isVisible() && label->text().contains(text);
  });
}

Session::JobFactory fakes(Log& log, int failAt = -1) {
  return [&log, failAt](const StartRequest& request) {
    return std::make_unique<FakeJob>(log, request.experiment, failAt);
  };
}

QAction* action(const MainWindow& window, const QString& text) {
  for (auto* candidate : window.findChildren<QAction*>())
    if (candidate->text().remove('&') == text) return candidate;
  qFatal("no action \"%s\"", qPrintable(text));
}

QAction* undoAction(const MainWindow& window) {
  for (auto* candidate : window.findChildren<QAction*>())
    if (candidate->shortcut() == QKeySequence(Qt::CTRL | Qt::Key_Z)) return candidate;
  qFatal("no action to undo");
}

void accept(const QMessageBox& question) {
  for (auto* button : question.buttons())
    if (question.buttonRole(button) == QMessageBox::AcceptRole) button->click();
}

void drop(MainWindow& window, const QList<QUrl>& urls) {
  QMimeData data;
  data.setUrls(urls);
  QDragEnterEvent enter({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&window, &enter);
  QVERIFY(enter.isAccepted());
  QDropEvent event({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&window, &event);
}

void drop(MainWindow& window, const QString& path) {
  drop(window, QList{QUrl::fromLocalFile(path)});
}

/// Takes what the dialog of a table suggests.
void acceptTable(MainWindow& window) {
  QPointer<TableDialog> dialog = window.findChild<TableDialog*>();
  QVERIFY(dialog);
  QTRY_VERIFY_WITH_TIMEOUT(dialog->problem().isEmpty(), 60000);
  for (auto* button : dialog->findChildren<QPushButton*>())
    if (button->text() == "&Open") button->click();
  QTRY_VERIFY(!dialog);
}

}  // namespace

class TestWindowManners : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("window-manners");
  }
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
  }

  void beginsWithTheGallery() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    window.show();
    auto* gallery = window.findChild<Gallery*>();
    QVERIFY(gallery->isVisible());
    QCOMPARE(gallery->count(), 17);
    QVERIFY(!action(window, "Start")->isEnabled());
    QVERIFY(!window.runs().active());
  }

  void everyEditOfARunReachesTheJobOnce() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    startFake(window);
    auto wanted = window.experimentPanel().experiment();
    wanted.tasks[1].weight = 3;
    emit window.experimentPanel().commandsRequested(
        *eq::train::commandsBetween(window.experimentPanel().experiment(), wanted));
    QTRY_COMPARE(log.lines(), QStringList{R"({"kind":"set_weight","task":1,"value":3.0})"});
    QTRY_COMPARE(window.experimentPanel().experiment().tasks[1].weight, 3.0);
    QTRY_COMPARE(window.findChild<Timeline*>()->count(), 1);
    QVERIFY(window.messages().text().isEmpty());
  }

  void aFailedRunLeavesTheWindowAlive() {
    Log log;
    MainWindow window(workspace(), fakes(log, 3));
    window.openExperiment(experiment());
    window.startExperiment();
    QTRY_COMPARE(window.messages().text(), QString("the disk is full"));
    QCOMPARE(log.lines(), QStringList{"failed: the disk is full"});
    QCOMPARE(window.data().x(XUnit::step).size(), std::size_t{3});  // none that was made is lost
    QVERIFY(!window.runs().active());
    QVERIFY(action(window, "Resume")->isEnabled());
    QVERIFY(action(window, "New run")->isEnabled());
    QVERIFY(!window.experimentPanel().running());
  }

  void pausesStepsAndGoesOn() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    startFake(window);
    action(window, "Pause")->trigger();
    QTRY_COMPARE(window.runs().session().state(), SessionState::paused);
    const auto steps = window.data().x(XUnit::step).size();
    action(window, "Step")->trigger();
    QTRY_COMPARE(window.data().x(XUnit::step).size(), steps + 1);
    action(window, "Go on")->trigger();
    QTRY_VERIFY(window.data().x(XUnit::step).size() > steps + 10);
  }

  void closingWhileTrainingAsksOnceAndCheckpoints() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    window.show();
    startFake(window);
    QVERIFY(!window.close());
    auto* question = window.findChild<QMessageBox*>();
    QVERIFY(question);
    const auto steps = window.data().x(XUnit::step).size();
    QTRY_VERIFY(window.data().x(XUnit::step).size() > steps);  // the question stops nothing
    accept(*question);
    QTRY_VERIFY(!window.isVisible());
    QCOMPARE(log.lines(), QStringList{"closed"});
  }

  void whatWasAskedIsStillDoneWhenTheRunHasEnded() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    window.show();
    startFake(window);
    QVERIFY(!window.close());
    auto* question = window.findChild<QMessageBox*>();
    window.runs().session().stop();
    QTRY_VERIFY(!window.runs().active());
    accept(*question);
    QTRY_VERIFY(!window.isVisible());
  }

  void theGalleryLeadsBackToTheRun() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    window.show();
    auto* back = [&]() -> QPushButton* {
      for (auto* button : window.findChild<Gallery*>()->findChildren<QPushButton*>())
        if (button->text().startsWith("Back")) return button;
      return nullptr;
    }();
    QVERIFY(back && !back->isVisible());
    startFake(window);
    action(window, "New from a sample…")->trigger();
    QVERIFY(!window.plots().isVisible());
    QVERIFY(back->isVisible());
    back->click();
    QVERIFY(window.plots().isVisible());
    action(window, "New from a sample…")->trigger();
    window.plots().docks()[1]->toggleViewAction()->trigger();
    QVERIFY(window.plots().isVisible());
  }

  void anotherRunIsShownFromItsBeginning() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    startFake(window);
    window.runs().session().stop();
    QTRY_VERIFY(!window.runs().active());
    window.findChild<PlotLink*>()->setRange(XRange{1000, 2000});
    QSignalSpy restarted(&window.data(), &RunData::restarted);
    window.startExperiment();
    QTRY_COMPARE(restarted.size(), 1);
    QVERIFY(!window.findChild<PlotLink*>()->range());
  }

  void messagesShowTheirQuotationMarks() {
    MessageBar bar;
    bar.showError("no loss \"dyce\"; did you mean <dice>?");
    auto* label = bar.findChildren<QLabel*>().last();
    QCOMPARE(label->textFormat(), Qt::RichText);
    QTextDocument shown;
    shown.setHtml(label->text());
    QCOMPARE(shown.toPlainText(), bar.text());
  }

  void notesThatAskNothingGoWithTheRun() {
    MessageBar bar;
    bar.showNote("A run is going on.");
    bar.clearNote();
    QVERIFY(bar.text().isEmpty());
    bar.showError("broken");
    bar.clearNote();
    QCOMPARE(bar.text(), QString("broken"));
    int done = 0;
    bar.showNote("In the trash.", "Put it back", [&] { ++done; });
    bar.clearNote();
    bar.activate();
    bar.activate();
    QCOMPARE(done, 1);
    QVERIFY(bar.text().isEmpty());
  }

  void aTableBecomesAnExperiment() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    drop(window, write("mine.csv", "a,b,kind\n1,2,x\n2,3,y\n3,4,x\n4,5,y\n"));
    acceptTable(window);
    const auto& classes = window.experimentPanel().experiment();
    QCOMPARE(classes.name, std::string("mine"));
    QVERIFY(classes.data.params["targets"] ==
            nlohmann::json::parse(R"([{"column": "kind", "kind": "class"}])"));
    QVERIFY(action(window, "Start")->isEnabled());
    drop(window, write("numbers.csv", "a,y\n1,2.5\n2,3.5\n3,4.25\n4,5.5\n"));
    acceptTable(window);
    QVERIFY(window.experimentPanel().experiment().data.params["targets"][0]["kind"] == "number");
  }

  void theTargetOfATableCanBeLearned_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("kind");
    const auto row = [](const char* name, const char* header, const char* ends, const char* target,
                        const char* kind) {
      QString text = QString(header) + "\n";
      for (int i = 1; i <= 40; ++i)
        text += QString("%1,%2,%3%4\n")
                    .arg(i * 0.37)
                    .arg(100 - i * i * 0.25)
                    .arg(i % 3)
                    .arg(QString(ends).replace("#", QString::number(i)));
      QTest::addRow("%s", name) << text << target << kind;
    };
    row("a number of few values is a class", "a,y,few", "", "few", "class");
    row("a constant", "a,y,few,version", ",7", "few", "class");
    row("an empty column", "a,y,few,none", ",", "few", "class");
    row("a row number", "a,y,few,", ",#", "few", "class");
    row("a date", "a,y,few,day", ",2024-01-01", "few", "class");
    QTest::addRow("many numbers") << "a,y\n1,2.5\n2,3.5\n3,4.25\n4,5.5\n"
                                  << "y"
                                  << "number";
  }
  /// Not the last column whatever it holds: predicting a constant or a row number tells nothing.
  void theTargetOfATableCanBeLearned() {
    QFETCH(QString, text);
    QFETCH(QString, target);
    QFETCH(QString, kind);
    Log log;
    MainWindow window(workspace(), fakes(log));
    drop(window, write("mine.csv", text.toStdString()));
    acceptTable(window);
    const auto& params = window.experimentPanel().experiment().data.params;
    const nlohmann::json wanted{{"column", target.toStdString()}, {"kind", kind.toStdString()}};
    const auto found = QString::fromStdString(params["targets"].dump());
    QVERIFY2(params["targets"] == nlohmann::json::array({wanted}), qPrintable(found));
    QVERIFY(params["standardize_targets"].get<bool>());
  }

  void aTableWithNothingToLearnIsSaid() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    drop(window, write("same.csv", "a,b\n1,2\n1,2\n1,2\n"));
    auto* dialog = window.findChild<TableDialog*>();
    QVERIFY2(dialog->problem().startsWith("No column is to be predicted yet"),
             qPrintable(dialog->problem()));
  }

  void notesWaitForARun() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    auto* note = window.findChild<Timeline*>()->findChild<QLineEdit*>();
    QVERIFY(!note->isEnabled());
    startFake(window);
    QVERIFY(note->isEnabled());
    window.runs().session().stop();
    QTRY_VERIFY(!window.runs().active());
    QVERIFY(!note->isEnabled());
  }

  void aTrashedRunIsPutBack() {
    qputenv("XDG_DATA_HOME", workspace_->filePath("home").toUtf8());
    QVERIFY(QDir().mkpath(workspace_->filePath("home")));
    Log log;
    const auto folder = makeRun();
    MainWindow window(workspace(), fakes(log));
    auto* table = window.findChild<RunsPanel*>()->findChild<QTableView*>();
    table->selectRow(0);
    action(window, "Trash")->trigger();
    QVERIFY2(window.messages().text().contains("is in the trash"),
             qPrintable(window.messages().text()));
    QVERIFY(!std::filesystem::exists(folder));
    window.messages().activate();
    QVERIFY(eq::run::isRun(folder));
    QTRY_COMPARE(window.findChild<RunsPanel*>()->model().rowCount(), 1);
    qunsetenv("XDG_DATA_HOME");
  }

  void destroyingTheWindowEndsTheRun() {
    Log log;
    {
      MainWindow window(workspace(), fakes(log));
      startFake(window);
    }
    QCOMPARE(log.lines(), QStringList{"left"});
  }

  void nothingElseIsOpenedWhileARunGoesOn() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    startFake(window);
    const auto before = window.experimentPanel().experiment();
    auto other = experiment();
    other.name = "Other";
    window.openExperiment(other);
    QVERIFY(window.experimentPanel().experiment() == before);
    QVERIFY(window.messages().text().startsWith("A run is going on."));
  }

  void aBrokenDroppedFileIsSaidWithItsPlace() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    drop(window, write("broken.json", "{\"name\": "));
    QVERIFY2(window.messages().text().contains("broken.json:1:10"),
             qPrintable(window.messages().text()));
    QVERIFY(!action(window, "Start")->isEnabled());
  }

  void aDroppedFileIsOpenedAndRemembered() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    const auto path = write("good.json", eq::train::toJson(experiment()).dump());
    drop(window, path);
    QCOMPARE(window.experimentPanel().experiment().name, std::string("Short valleys"));
    QCOMPARE(QSettings().value("recent").toStringList(), QStringList{path});
  }

  void ofSeveralDroppedFilesNoneIsDroppedSilently() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    const auto good = write("good.json", eq::train::toJson(experiment()).dump());
    const auto table = write("mine.csv", "a,b,kind\n1,2,x\n2,3,y\n3,4,x\n4,5,y\n");
    const auto picture = write("picture.png", "no picture");
    drop(window, QList{QUrl("https://example.org/far.json"), QUrl::fromLocalFile(good),
                       QUrl::fromLocalFile(table), QUrl::fromLocalFile(picture)});
    QCOMPARE(window.experimentPanel().experiment().name, std::string("Short valleys"));
    const auto said = window.messages().text();
    QVERIFY2(said.contains("Not opened: https://example.org/far.json (not on this machine), "
                           "mine.csv, picture.png."),
             qPrintable(said));
    QCOMPARE(QSettings().value("recent").toStringList(), QStringList({good, table}));
    // What the first file has to tell, a problem or a note, stays above it.
    drop(window, QList{QUrl::fromLocalFile(table), QUrl::fromLocalFile(good)});
    acceptTable(window);
    QVERIFY(window.messages().text().contains("Not opened: good.json"));
    drop(window, QList{QUrl::fromLocalFile(picture), QUrl::fromLocalFile(good)});
    QVERIFY(window.messages().text().contains("picture.png:1"));
    QVERIFY(window.messages().text().contains("Not opened: good.json"));
  }

  void severalDroppedFilesAreOpenedInTurn() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    QList<QUrl> urls;
    for (const char* name : {"First", "Second", "Third"}) {
      auto one = experiment();
      one.name = name;
      const auto file = QString("%1.json").arg(name);
      urls << QUrl::fromLocalFile(write(qPrintable(file), eq::train::toJson(one).dump()));
    }
    drop(window, urls);
    QCOMPARE(window.experimentPanel().experiment().name, std::string("First"));
    window.messages().activate();
    QCOMPARE(window.experimentPanel().experiment().name, std::string("Second"));
    QVERIFY2(window.messages().text().contains("Not opened: Third.json."),
             qPrintable(window.messages().text()));
    window.messages().activate();
    QCOMPARE(window.experimentPanel().experiment().name, std::string("Third"));
    QCOMPARE(window.messages().text(), QString());
  }

  void theLayoutIsRememberedAndReset() {
    Log log;
    {
      MainWindow window(workspace(), fakes(log));
      window.show();
      window.findChild<QDockWidget*>("timeline")->hide();
      window.close();
    }
    MainWindow window(workspace(), fakes(log));
    window.show();
    auto* timeline = window.findChild<QDockWidget*>("timeline");
    QVERIFY(!timeline->isVisible());
    action(window, "Reset the layout")->trigger();
    QVERIFY(timeline->isVisible());
  }

  /// What is changed while the data are read, or the last checkpoint is written, reaches nothing.
  void nothingCanBeChangedBeforeTheRunStandsOrWhileItCloses() {
    Log log;
    std::atomic<bool> ready = false, closed = false;
    MainWindow window(workspace(), [&](const StartRequest& request) {
      while (!ready) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return std::make_unique<SlowJob>(log, request.experiment, closed);
    });
    window.show();
    auto& panel = window.experimentPanel();
    auto changed = experiment();
    changed.tasks.resize(1);
    changed.tasks[0].name = "first";
    changed.tasks[0].loss = {"mse"};
    window.openExperiment(changed);
    panel.chooseLoss(0, {"huber"});
    QVERIFY(window.findChild<QUndoStack*>()->canUndo());
    window.startExperiment();
    QCOMPARE(window.runs().session().state(), SessionState::preparing);
    QCOMPARE(enabledFields(panel), 0);
    QVERIFY(says(panel, "being prepared"));
    QVERIFY(!undoAction(window)->isEnabled());
    ready = true;
    QTRY_COMPARE(window.runs().session().state(), SessionState::running);
    QVERIFY(enabledFields(panel) > 0);
    QVERIFY(!says(panel, "being prepared"));
    window.runs().session().stop();
    QTRY_COMPARE(window.runs().session().state(), SessionState::closing);
    QCOMPARE(enabledFields(panel), 0);
    QVERIFY(says(panel, "being closed"));
    closed = true;
    QTRY_VERIFY(!window.runs().active());
    QVERIFY(enabledFields(panel) > 0);
  }

  void stopBeforeTheRunStandsEndsItWithoutAStep() {
    Log log;
    std::atomic<bool> ready = false;
    MainWindow window(workspace(), [&](const StartRequest& request) {
      while (!ready) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return std::make_unique<FakeJob>(log, request.experiment, -1);
    });
    window.openExperiment(experiment());
    window.startExperiment();
    QVERIFY(action(window, "Stop")->isEnabled());
    action(window, "Stop")->trigger();
    ready = true;
    QTRY_VERIFY(!window.runs().active());
    QVERIFY(window.data().empty());
    QCOMPARE(log.lines(), QStringList{"closed"});
  }

  /// The notes of a wide table made the window higher than the screen.
  void aLongMessageLeavesTheWindowItsSize() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    window.resize(1024, 700);
    window.show();
    const QSize before = window.size();
    QString text = "a";
    for (int line = 0; line < 100; ++line) text += "\nColumn of a table, and what is taken for it";
    window.messages().showNote(text);
    QTest::qWait(50);
    QCOMPARE(window.size(), before);
    QVERIFY(window.messages().isVisible());
    QVERIFY2(window.messages().height() < 200,
             qPrintable(QString::number(window.messages().height())));
    window.messages().showNote("one line");
    QTest::qWait(50);
    QVERIFY(window.messages().height() < 60);
  }

  /// Return in the filter opened the chosen run: the bar around it shared the table's keys.
  void keysInTheFilterAreTheFilters() {
    Log log;
    makeRun();
    MainWindow window(workspace(), fakes(log));
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    auto* runs = window.findChild<RunsPanel*>();
    runs->findChild<QTableView*>()->selectRow(0);
    QSignalSpy opened(runs, &RunsPanel::openRequested);
    auto* filter = runs->findChild<QLineEdit*>();
    filter->setFocus();
    QVERIFY(filter->hasFocus());
    QTest::keyClick(window.windowHandle(), Qt::Key_Return);
    QCOMPARE(opened.size(), 0);
    runs->findChild<QTableView*>()->setFocus();
    QTest::keyClick(window.windowHandle(), Qt::Key_Return);
    QCOMPARE(opened.size(), 1);
  }

  void everyMenuEntryHasATextAndShortcutsAreUnique() {
    Log log;
    MainWindow window(workspace(), fakes(log));
    QSet<QString> taken, ofOneWidget;  // such as Ctrl+C in each table, which compete with no other
    for (auto* candidate : window.findChildren<QAction*>()) {
      if (candidate->isSeparator()) continue;
      for (const auto& shortcut : candidate->shortcuts()) {
        QVERIFY2(!candidate->text().isEmpty(), qPrintable(shortcut.toString()));
        if (candidate->shortcutContext() == Qt::WidgetShortcut) {
          ofOneWidget << shortcut.toString();
          continue;
        }
        QVERIFY2(!taken.contains(shortcut.toString()), qPrintable(shortcut.toString()));
        taken << shortcut.toString();
      }
    }
    QVERIFY(!taken.intersects(ofOneWidget));
    QVERIFY(taken.size() >= 10);
    // On every desktop: a standard key is another one, or none, elsewhere.
    const QString save = "Save the experiment as…";
    QCOMPARE(action(window, save)->shortcut(), QKeySequence(Qt::CTRL | Qt::Key_S));
    QCOMPARE(action(window, "Quit")->shortcut(), QKeySequence(Qt::CTRL | Qt::Key_Q));
  }

  void damagedRunsAreSaidAndEndNothing() {
    Log log;
    const auto folder = makeRun();
    const auto database = eq::run::databaseFile(folder);
    QFile file(QString::fromStdString(database.string()));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray whole = file.readAll();
    file.close();
    MainWindow window(workspace(), fakes(log));
    QRandomGenerator random(7);
    for (int i = 0; i < 60; ++i) {
      QByteArray damaged = whole;
      for (int flips = 0; flips < 1 + 20 * (i % 3); ++flips)
        damaged[random.bounded(damaged.size())] = static_cast<char>(random.bounded(256));
      if (i % 5 == 0) damaged.truncate(random.bounded(damaged.size()));
      QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
      file.write(damaged);
      file.close();
      window.messages().clear();
      window.openPath(folder);
      window.findChild<RunsPanel*>()->refresh();
    }
    QVERIFY(!window.openPath(workspace()));  // a folder, but no run
    QVERIFY(!window.messages().text().isEmpty());
  }

  /// It was left out without a word.
  void aDamagedRunIsNamedBelowTheTable() {
    Log log;
    const auto folder = makeRun();
    QFile file(QString::fromStdString(eq::run::databaseFile(folder).string()));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write("this is not a database, not at all");
    file.close();
    MainWindow window(workspace(), fakes(log));
    auto* panel = window.findChild<RunsPanel*>();
    QCOMPARE(panel->model().rowCount(), 0);
    auto* problem = panel->findChild<QLabel*>("problem");
    QVERIFY(problem && !problem->isHidden());
    QVERIFY2(problem->text().contains(QString::fromStdString(folder.filename().string())),
             qPrintable(problem->text()));
    QVERIFY(std::filesystem::remove_all(folder) > 0);
    panel->refresh();
    QVERIFY(problem->isHidden());
  }

  void trainsRecordsAndShowsARunAgain() {
    MainWindow window(workspace());
    window.openExperiment(experiment());
    window.startExperiment();
    QSignalSpy ended(&window.runs(), &eq::app::RunController::ended);
    QVERIFY(ended.wait(20000));
    QVERIFY2(window.messages().text().isEmpty(), qPrintable(window.messages().text()));
    const auto losses = window.data().losses(0);
    QCOMPARE(losses.size(), std::size_t{40});
    const auto folder = window.runs().present();
    window.openExperiment(experiment());
    QVERIFY(window.data().empty());
    QVERIFY(window.openPath(folder));
    QVERIFY(window.data().losses(0) == losses);
    QCOMPARE(window.findChild<RunsPanel*>()->model().rowCount(), 1);
  }

 private:
  std::filesystem::path workspace() const { return workspace_->path().toStdString(); }

  void startFake(MainWindow& window) {
    window.openExperiment(experiment());
    window.startExperiment();
    QTRY_VERIFY(window.data().x(XUnit::step).size() > 2);
  }

  /// A run that has ended, made by the real runner.
  std::filesystem::path makeRun() const {
    auto runner = eq::run::Runner::start(experiment(), workspace());
    while (!runner->finished()) runner->step();
    runner->close();
    return runner->folder();
  }

  QString write(const char* name, const std::string& content) const {
    const auto path = folder_.filePath(name);
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write %s", qPrintable(path));
    file.write(QByteArray::fromStdString(content));
    return path;
  }

  QTemporaryDir folder_;
  std::unique_ptr<QTemporaryDir> workspace_;
};

EQUIPOISE_TEST(TestWindowManners)
#include "tst_window_manners.moc"
