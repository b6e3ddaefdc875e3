#include <filesystem>

#include <QLabel>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "app/away_bar.h"
#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/parameter_form.h"
#include "widgets/plots/plot_area.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/run_data.h"
#include "widgets/session/transport.h"
#include "widgets/style/elided_label.h"
#include "widgets/style/message_bar.h"

namespace fs = std::filesystem;

using namespace eq::widgets;
using eq::app::AwayBar;
using eq::app::MainWindow;
using eq::run::RunReader;
using eq::run::RunState;

namespace {

constexpr int kAWhile = 30000;  // ms, for machines with much else to do

eq::train::Experiment valleysCalled(const char* name, double epochs) {
  auto experiment = eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "data": {"id": "two_valleys"}, "model": {"id": "point"}, "batch_size": 1, "threads": 1})"));
  experiment.name = name;
  experiment.epochs = epochs;
  return experiment;
}

/// Beside the tests' own program.
QString program(const char* name) {
  return QCoreApplication::applicationDirPath() + "/../app/" + name;
}

/// equipoise-cli in a process of its own, ended with the object.
class OtherProcess {
 public:
  explicit OtherProcess(const QStringList& arguments) {
    process_.start(program("equipoise-cli"), arguments);
    if (!process_.waitForStarted(kAWhile)) qFatal("equipoise-cli does not start");
  }
  ~OtherProcess() { stop(); }
  /// With a checkpoint, as Ctrl-C does.
  void stop() {
    if (process_.state() == QProcess::NotRunning) return;
    process_.terminate();
    if (!process_.waitForFinished(kAWhile)) process_.kill();
  }

 private:
  QProcess process_;
};

}  // namespace

/// Runs beside the one that is trained: recorded ones, those of other processes, and folders that
/// go missing.
class TestOtherRuns : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("other-runs");
  }
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(workspace());
    window_->resize(1400, 800);
    window_->show();
  }
  void cleanup() {
    window_.reset();
    workspace_.reset();
  }

  void aRecordedRunIsLookedAtWhileAnotherIsTrained() {
    const auto old = recordedRun("Old", 7);
    trainSlowly("New");
    const auto trained = window_->runs().training();
    window_->openPath(old);
    QCOMPARE(rows(), std::size_t{7});
    QCOMPARE(window_->windowTitle(), QString("Old – Equipoise"));
    auto* bar = window_->findChild<AwayBar*>();
    QVERIFY(bar->isVisible());
    const auto said = bar->findChild<ElidedLabel*>()->text();
    QVERIFY2(said.contains("Old, finished after 7 steps") && said.contains("meanwhile: New"),
             qPrintable(said));
    QVERIFY2(facts().startsWith("New is trained"), qPrintable(facts()));
    // Nothing that is done to the shown run reaches the other one.
    QVERIFY(!window_->experimentPanel().running());
    for (auto* field : window_->experimentPanel().findChildren<ParameterField*>())
      QVERIFY(!field->isEnabled());
    QTest::qWait(500);
    QCOMPARE(rows(), std::size_t{7});
    QTest::mouseClick(bar->findChild<QPushButton*>(), Qt::LeftButton);
    QVERIFY(!bar->isVisible());
    QCOMPARE(window_->runs().present(), trained);
    QVERIFY(window_->experimentPanel().running());
    const auto& steps = window_->data().x(XUnit::step);
    QVERIFY2(steps.size() > 10, qPrintable(QString::number(steps.size())));
    for (std::size_t row = 0; row < steps.size(); ++row)
      QCOMPARE(steps[row], static_cast<double>(row + 1));  // each once
    const auto before = rows();
    QTRY_VERIFY_WITH_TIMEOUT(rows() > before, kAWhile);
  }

  void aRunThatEndsWhileAnotherIsShownIsToldAndShownByALink() {
    const auto old = recordedRun("Old", 7);
    trainSlowly("New");
    const auto trained = window_->runs().training();
    window_->openPath(old);
    press("Stop");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kAWhile);
    QCOMPARE(rows(), std::size_t{7});
    QVERIFY(!window_->findChild<AwayBar*>()->isVisible());
    QVERIFY2(facts().startsWith("Finished after 7 steps"), qPrintable(facts()));
    QVERIFY2(window_->messages().text().startsWith("New, which was trained, is stopped at step "),
             qPrintable(window_->messages().text()));
    window_->messages().activate();
    QCOMPARE(window_->runs().present(), trained);
    QCOMPARE(rows(), RunReader(trained).steps().size());
  }

  void aRunOfAnotherProcessGrowsAsItIsShown() {
    OtherProcess other({"run", QString::fromStdString(write(valleysCalled("Far", 1e6))), "--out",
                        workspace_->path(), "--quiet"});
    QTRY_COMPARE_WITH_TIMEOUT(table().rowCount(), 1, kAWhile);
    QTRY_COMPARE_WITH_TIMEOUT(cellOf(RunsModel::kState), QString("running, another process"),
                              kAWhile);
    const auto counted = cellOf(RunsModel::kSteps);
    QTRY_VERIFY_WITH_TIMEOUT(cellOf(RunsModel::kSteps) != counted, kAWhile);
    const auto folder = table().run(0).folder;
    QTRY_VERIFY_WITH_TIMEOUT(window_->openPath(folder) && rows() > 0, kAWhile);
    QVERIFY2(facts().startsWith("Another process trains it"), qPrintable(facts()));
    QVERIFY(!button("Resume")->isEnabled());
    const auto before = rows();
    QTRY_VERIFY_WITH_TIMEOUT(rows() > before, kAWhile);
    other.stop();
    QTRY_VERIFY_WITH_TIMEOUT(facts().startsWith("Stopped at step"), kAWhile);
    QTRY_COMPARE_WITH_TIMEOUT(cellOf(RunsModel::kState), QString("stopped"), kAWhile);
    QVERIFY(button("Resume")->isEnabled());
    QCOMPARE(rows(), RunReader(folder).steps().size());
    const auto& steps = window_->data().x(XUnit::step);
    for (std::size_t row = 0; row < steps.size(); ++row)
      QCOMPARE(steps[row], static_cast<double>(row + 1));
  }

  /// One that this window has trained, and another process goes on with.
  void aRunThatAnotherProcessResumesGrowsAsItIsShown() {
    trainSlowly("Ours");
    press("Stop");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kAWhile);
    const auto before = rows();
    const OtherProcess other(
        {"resume", QString::fromStdString(window_->runs().present().string()), "--quiet"});
    QTRY_VERIFY_WITH_TIMEOUT(rows() > before, kAWhile);
    QTRY_VERIFY_WITH_TIMEOUT(facts().startsWith("Another process trains it"), kAWhile);
  }

  void aFolderThatGoesMissingIsAskedAboutAndWrittenWhenItIsBack() {
    trainSlowly("Here");
    const auto folder = window_->runs().training();
    fs::rename(folder, workspace() / "moved");
    QTRY_VERIFY_WITH_TIMEOUT(question(), kAWhile);
    QCOMPARE(window_->runs().session().state(), SessionState::stuck);
    QVERIFY2(question()->informativeText().contains(QString::fromStdString(folder.string())),
             qPrintable(question()->informativeText()));
    QVERIFY2(facts().startsWith("cannot write"), qPrintable(facts()));
    const auto made = rows();
    fs::rename(workspace() / "moved", folder);
    answer("Try again");
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::running, kAWhile);
    QVERIFY(!question());
    QTRY_VERIFY_WITH_TIMEOUT(rows() > made, kAWhile);
    press("Stop");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kAWhile);
    QCOMPARE(RunReader(folder).steps().size(), rows());
  }

  void aRunWhoseFolderIsGoneGoesOnInAnother() {
    trainSlowly("Here");
    const auto folder = window_->runs().training();
    fs::remove_all(folder);
    QTRY_VERIFY_WITH_TIMEOUT(question(), kAWhile);
    QTemporaryDir elsewhere;
    window_->runs().session().moveTo(elsewhere.path().toStdString());  // what the dialog asks for
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::running, kAWhile);
    QVERIFY(!question());
    const auto now = window_->runs().training();
    QCOMPARE(now.parent_path(), fs::path(elsewhere.path().toStdString()));
    QVERIFY2(window_->messages().text().contains(QString::fromStdString(now.string())),
             qPrintable(window_->messages().text()));
    press("Stop");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kAWhile);
    QCOMPARE(RunReader(now).steps().size(), rows());  // none is missing
    QCOMPARE(RunReader(now).info().state, RunState::stopped);
  }

  void aMessageMovesNothing() {
    window_->openExperiment(valleysCalled("Here", 10));
    const auto before = window_->plots().geometry();
    window_->messages().showError("Something went wrong in a place that is named here.");
    QTest::qWait(20);
    QVERIFY(window_->messages().isVisible());
    QCOMPARE(window_->plots().geometry(), before);
    const auto* parent = window_->messages().parentWidget();
    QVERIFY(parent->rect().contains(window_->messages().geometry()));
    window_->resize(1024, 700);
    QTest::qWait(20);
    QVERIFY(parent->rect().contains(window_->messages().geometry()));
  }

  void aMessageGoesWithItsCause() {
    MessageBar bar;
    bar.showError("a field does not count", "field");
    bar.resolve("another");
    QCOMPARE(bar.text(), QString("a field does not count"));
    bar.resolve("field");
    QCOMPARE(bar.text(), QString());
    bar.showError("nobody mends this");
    bar.resolve("field");
    QCOMPARE(bar.text(), QString("nobody mends this"));
  }

  void aFolderThatIsNoRunSaysWhatIsMissing() {
    const auto folder = workspace() / "pictures";
    fs::create_directory(folder);
    QVERIFY(!window_->openPath(folder));
    QVERIFY2(window_->messages().text().contains("it has no run.sqlite and no experiment.json"),
             qPrintable(window_->messages().text()));
    recordedRun("Old", 3);
    QVERIFY(!window_->openPath(workspace()));
    QVERIFY2(window_->messages().text().contains("it holds 1 run"),
             qPrintable(window_->messages().text()));
  }

  void logOutStopsTheRunWithItsCheckpoint() {
    trainSlowly("Here");
    const auto folder = window_->runs().training();
    window_->endSession();
    QVERIFY(!window_->runs().active());
    QCOMPARE(RunReader(folder).info().state, RunState::stopped);
    QVERIFY(eq::run::checkpointsIn(folder).back().step > 0);
    QVERIFY(!QSettings().value("layout").toByteArray().isEmpty());
  }

  void helpAndVersionNeedNoDisplay() {
    QVERIFY2(saidWithoutDisplay("--version").startsWith("0 equipoise "),
             qPrintable(saidWithoutDisplay("--version")));
    QVERIFY(saidWithoutDisplay("--help").startsWith("0 Usage: "));
    QVERIFY(saidWithoutDisplay("--probe-display").startsWith("3 No window can be opened"));
  }

 private:
  fs::path workspace() const { return workspace_->path().toStdString(); }
  std::size_t rows() const { return window_->data().x(XUnit::step).size(); }
  QString facts() const {
    return window_->findChild<Transport*>()->findChild<ElidedLabel*>()->text();
  }
  const RunsModel& table() const { return window_->findChild<RunsPanel*>()->model(); }
  QString cellOf(RunsModel::Column column) const {
    return table().index(0, column).data().toString();
  }

  QToolButton* button(const QString& text) const {
    for (auto* found : window_->findChild<Transport*>()->findChildren<QToolButton*>())
      if (found->text() == text && found->isVisible()) return found;
    return nullptr;
  }
  void press(const QString& text) const {
    auto* found = button(text);
    QVERIFY2(found && found->isEnabled(), qPrintable("no button " + text));
    QTest::mouseClick(found, Qt::LeftButton);
  }
  QMessageBox* question() const {
    for (auto* found : window_->findChildren<QMessageBox*>())
      if (found->isVisible()) return found;
    return nullptr;
  }
  void answer(const QString& text) const {
    for (auto* found : question()->buttons())
      if (found->text().remove('&') == text) return QTest::mouseClick(found, Qt::LeftButton);
    QFAIL(qPrintable("no button " + text));
  }

  fs::path write(const eq::train::Experiment& experiment) const {
    const auto path = settings_.filePath("experiment.json");
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write %s", qPrintable(path));
    file.write(QByteArray::fromStdString(eq::train::toJson(experiment).dump()));
    return path.toStdString();
  }

  fs::path recordedRun(const char* name, double epochs) const {
    const auto runner = eq::run::Runner::start(valleysCalled(name, epochs), workspace());
    while (!runner->finished()) runner->step();
    runner->close();
    return runner->folder();
  }

  /// About fifty steps a second.
  void trainSlowly(const char* name) {
    window_->runs().session().setLimit(50);
    window_->openExperiment(valleysCalled(name, 1e6));
    window_->startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(rows() > 3, kAWhile);
  }

  /// The exit code and what the window's program says.
  static QString saidWithoutDisplay(const QString& argument) {
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY"}) environment.remove(name);
    environment.insert("QT_QPA_PLATFORM", "xcb");
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program("equipoise"), {argument});
    if (!process.waitForFinished(kAWhile)) qFatal("equipoise does not end");
    return QString("%1 %2").arg(process.exitCode()).arg(QString(process.readAll()));
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestOtherRuns)
#include "tst_other_runs.moc"
