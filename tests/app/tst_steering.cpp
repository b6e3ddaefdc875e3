#include <filesystem>
#include <fstream>

#include <QComboBox>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "tests/registry.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/steering_bar.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/number_boxes.h"

namespace fs = std::filesystem;

using namespace eq::widgets;
using eq::app::MainWindow;
using eq::run::RunReader;
using eq::run::RunState;

namespace {

constexpr int kAWhile = 30000;  // ms, for machines with much else to do

constexpr const char* kValleys = R"({"name": "Far", "data": {"id": "two_valleys"},
  "model": {"id": "point"}, "batch_size": 1, "threads": 1, "epochs": 1e6})";

/// Another process, ended with the object.
class Trainer {
 public:
  Trainer(const QString& program, const QStringList& arguments) {
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("PYTHONPATH", inSource("resources/python"));
    environment.insert("PYTHONDONTWRITEBYTECODE", "1");
    process_.setProcessEnvironment(environment);
    process_.start(program, arguments);
    if (!process_.waitForStarted(kAWhile)) qFatal("%s does not start", qPrintable(program));
  }
  ~Trainer() {
    process_.kill();
    process_.waitForFinished(kAWhile);
  }
  bool hasEnded() { return process_.waitForFinished(kAWhile) && process_.exitCode() == 0; }

  static QString inSource(const char* path) {
    return QString::fromStdString(eq::test::inSource(path));
  }

 private:
  QProcess process_;
};

}  // namespace

/// Runs that another process trains, steered from the window.
class TestSteering : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("steering");
  }
  void init() {
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(place());
    window_->resize(1400, 800);
    window_->show();
  }
  void cleanup() {
    window_.reset();
    workspace_.reset();
  }

  void aRunOfTheCommandLineIsSteered() {
    const auto file = settings_.filePath("valleys.json");
    std::ofstream(file.toStdString()) << kValleys;
    Trainer other(QCoreApplication::applicationDirPath() + "/../app/equipoise-cli",
                  {"run", file, "--out", workspace_->path(), "--quiet"});
    openTheOnlyRun();
    QVERIFY(offered().contains("learning_rate"));
    press("Pause it");
    QTRY_COMPARE_WITH_TIMEOUT(RunReader(folder_).info().state, RunState::paused, kAWhile);
    QTRY_VERIFY_WITH_TIMEOUT(button("Let it go on"), kAWhile);
    set(offered()[1], 2.5);
    QTRY_VERIFY_WITH_TIMEOUT(lastEvent("command").contains("weight 1 → 2.5"), kAWhile);
    press("Let it go on");
    QTRY_COMPARE_WITH_TIMEOUT(RunReader(folder_).info().state, RunState::running, kAWhile);
    QVERIFY2(lastEvent("sent").startsWith("asked for by the window, "),
             qPrintable(lastEvent("sent")));
    press("Stop it");
    QVERIFY(other.hasEnded());
    QTRY_VERIFY_WITH_TIMEOUT(!bar().isVisible(), kAWhile);
    QCOMPARE(RunReader(folder_).info().state, RunState::stopped);
  }

  void aPythonLoopIsFollowedAndSteered() {
    if (QStandardPaths::findExecutable("python3").isEmpty()) QSKIP("there is no python3");
    Trainer other("python3", {Trainer::inSource("tests/core/run/python_run.py"), workspace_->path(),
                              "steered"});
    openTheOnlyRun();
    QCOMPARE(window_->data().taskCount(), 2);
    const auto before = window_->data().x(XUnit::step).size();
    QTRY_VERIFY_WITH_TIMEOUT(window_->data().x(XUnit::step).size() > before, kAWhile);
    QCOMPARE(offered(), QStringList({"Weight of left", "Weight of right", "t"}));
    set("Weight of right", 3);
    set("t", 7);
    QTRY_COMPARE_WITH_TIMEOUT(lastEvent("command"), QString("t 1 → 7"), kAWhile);
    QTRY_COMPARE_WITH_TIMEOUT(window_->data().losses(1).back(), 7.0, kAWhile);
    QCOMPARE(window_->data().weights(1).back(), 3.0);
    auto* note = bar().findChild<QLineEdit*>("note");
    QTest::keyClicks(note, "look here");
    QTest::keyClick(note, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(lastEvent("note"), QString("look here"), kAWhile);
    press("Checkpoint");
    QTRY_VERIFY_WITH_TIMEOUT(window_->messages().text().contains("writes no checkpoints"), kAWhile);
    QVERIFY(lastEvent("refused").contains("writes no checkpoints"));
    press("Stop it");
    QVERIFY(other.hasEnded());
    QTRY_VERIFY_WITH_TIMEOUT(!bar().isVisible(), kAWhile);
  }

  void whatNobodyTrainsHasNothingToSteer() {
    auto experiment = eq::train::experimentFromJson(nlohmann::json::parse(kValleys));
    experiment.epochs = 3;
    const auto runner = eq::run::Runner::start(experiment, place());
    while (!runner->finished()) runner->step();
    runner->close();
    QVERIFY(window_->openPath(runner->folder()));
    QVERIFY(!bar().isVisible());
  }

 private:
  fs::path place() const { return workspace_->path().toStdString(); }
  SteeringBar& bar() const { return *window_->findChild<SteeringBar*>(); }

  void openTheOnlyRun() {
    QTRY_COMPARE_WITH_TIMEOUT(eq::run::listRuns(place()).size(), std::size_t{1}, kAWhile);
    folder_ = eq::run::listRuns(place())[0].folder;
    QTRY_VERIFY_WITH_TIMEOUT(RunReader(folder_).info().steps > 0, kAWhile);
    QVERIFY(window_->openPath(folder_));
    QVERIFY(bar().isVisible());
  }

  QPushButton* button(const QString& text) const {
    for (auto* found : bar().findChildren<QPushButton*>())
      if (found->text() == text) return found;
    return nullptr;
  }
  void press(const QString& text) const {
    auto* found = button(text);
    QVERIFY2(found && found->isEnabled(), qPrintable("no button " + text));
    QTest::mouseClick(found, Qt::LeftButton);
  }

  QStringList offered() const {
    const auto* what = bar().findChild<QComboBox*>();
    QStringList texts;
    for (int i = 0; i < what->count(); ++i) texts << what->itemText(i);
    return texts;
  }
  /// As a person does: chooses, types, Enter.
  void set(const QString& what, double value) const {
    auto* choice = bar().findChild<QComboBox*>();
    choice->setCurrentText(what);
    QCOMPARE(choice->currentText(), what);
    auto* box = bar().findChild<NumberBox*>();
    box->selectAll();
    QTest::keyClicks(box, QString::number(value));
    QTest::keyClick(box, Qt::Key_Return);
  }
  QString lastEvent(const std::string& kind) const {
    QString text;
    for (const auto& event : RunReader(folder_).events())
      if (event.kind == kind) text = QString::fromStdString(event.text);
    return text;
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
  fs::path folder_;
};

EQUIPOISE_TEST(TestSteering)
#include "tst_steering.moc"
