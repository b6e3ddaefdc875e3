#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <QWindow>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/task_card.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/session/run_data.h"
#include "widgets/session/transport.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/number_boxes.h"

using namespace eq::widgets;
using eq::app::MainWindow;

namespace {

constexpr int kLong = 60000;  // ms, for machines with much else to do

eq::train::Experiment endless() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "Valleys", "data": {"id": "two_valleys", "start": "upper_left"},
    "model": {"id": "point"}, "optimizer": {"id": "adam", "lr": 0.002}, "batch_size": 1,
    "epochs": 1000000, "threads": 1})"));
}

}  // namespace

/// What stands in a field without Enter, when something is done with the experiment. Keys and
/// clicks go to the window, as the window system brings them.
class TestHalfTyped : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QVERIFY(settings_.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("half-typed");
  }
  void init() {
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(workspace_->path().toStdString());
    window_->resize(1280, 800);
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    window_->openExperiment(endless());
  }
  void cleanup() {
    window_.reset();
    workspace_.reset();
  }

  /// It crashed: the cards that the run replaces told of their fields from the grave.
  void startTakesTheNumberInACardThatItReplaces() {
    startPaused();
    stop();
    type("Weight", "5");
    press(Qt::Key_Return, Qt::ControlModifier);
    waitForARun();
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().inForce().tasks[0].weight, 5.0, kLong);
    QCOMPARE(window_->experimentPanel().experiment().tasks[0].weight, 5.0);
  }

  void forkTakesTheNumberInACardThatItReplaces() {
    startPaused();
    const auto first = window_->runs().present();
    type("Weight", "5");
    click("Fork");
    auto* question = window_->findChild<QDialog*>();
    QVERIFY(question);
    QTest::keyClick(question->findChild<QLineEdit*>(), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(window_->runs().present() != first, kLong);
    waitForARun();
    QCOMPARE(window_->runs().inForce().tasks[0].weight, 5.0);
  }

  /// Another experiment does away with the cards, and with what stood in them.
  void anotherExperimentForgetsIt() {
    startPaused();
    stop();
    type("Weight", "5");
    window_->openExperiment(endless());
    QVERIFY(window_->experimentPanel().experiment() == endless());
    type("Learning rate", "abc");
    window_->openExperiment(endless());
    QCOMPARE(window_->experimentPanel().settle(), QString());
    QVERIFY(box("Learning rate").text() == "0.002");
  }

  /// A comma is a point, and a button of the tool bar takes no focus.
  void startTakesTheRateThatStandsThere() {
    type("Learning rate", "0,05");
    click("Start");
    waitForARun();
    QCOMPARE(window_->runs().inForce().optimizer.params["lr"].get<double>(), 0.05);
  }

  void startRefusesAndNamesAFieldThatDoesNotCount() {
    type("Learning rate", "abc");
    press(Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(!window_->runs().active());
    QVERIFY2(window_->messages().text().startsWith("Optimizer, Learning rate: "),
             qPrintable(window_->messages().text()));
    QVERIFY(box("Learning rate").hasFocus());
  }

  void aStepTakesTheNumberBefore() {
    startPaused();
    const auto steps = window_->data().x(XUnit::step).size();
    type("Weight", "7");
    press(Qt::Key_F10);
    QTRY_COMPARE_WITH_TIMEOUT(window_->data().x(XUnit::step).size(), steps + 1, kLong);
    QCOMPARE(window_->data().weights(0).back(), 7.0);
  }

  /// To paste, for one.
  void aMenuDoesNotEndTheTyping() {
    startPaused();
    auto& weight = type("Weight", "7");
    bool opened = false;
    QTimer closing;  // the menu has a loop of its own
    connect(&closing, &QTimer::timeout, this, [&opened] {
      if (auto* menu = QApplication::activePopupWidget()) opened = menu->close();
    });
    closing.start(20);
    QTest::mouseClick(window_->windowHandle(), Qt::RightButton, {},
                      weight.mapTo(window_.get(), QPoint(6, weight.height() / 2)));
    QTRY_VERIFY(opened);
    QCOMPARE(weight.value(), 1.0);
    QTRY_VERIFY(weight.hasFocus());
    QVERIFY(weight.isHalfTyped());
    press(Qt::Key_Tab);
    QCOMPARE(weight.value(), 7.0);
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().inForce().tasks[0].weight, 7.0, kLong);
  }

  void anotherWindowDoesNotEndTheTyping() {
    auto& rate = type("Learning rate", "0.05");
    QWidget other;
    other.show();
    other.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&other));
    QVERIFY(!rate.hasFocus());
    QCOMPARE(rate.value(), 0.002);
    QVERIFY(rate.isHalfTyped());
  }

  /// Enter in the empty field took the mark away, and Start trained with the loss before.
  void aChoiceThatLacksItsFileIsNotStarted() {
    auto experiment = endless();
    experiment.tasks.resize(1);
    experiment.tasks[0].name = "first";
    experiment.tasks[0].loss = {"mse"};
    window_->openExperiment(experiment);
    auto* loss = window_->findChild<TaskCard*>()->findChild<MethodEditor*>();
    auto* combo = loss->findChild<QComboBox*>();
    const int script = combo->findData("torchscript");
    QVERIFY(script >= 0);
    combo->setCurrentIndex(script);
    emit combo->activated(script);
    auto* missing = loss->form()->missing();
    QVERIFY(missing && missing->findChild<QLineEdit*>()->hasFocus());
    QVERIFY(!missing->valid());
    press(Qt::Key_Return);
    press(Qt::Key_Tab);
    QVERIFY(!missing->valid());
    press(Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(!window_->runs().active());
    QVERIFY2(window_->messages().text().contains("Loss of task 1, "),
             qPrintable(window_->messages().text()));
    QCOMPARE(combo->currentIndex(), script);
    type("Learning rate", "0.05");
    press(Qt::Key_Return);
    QCOMPARE(combo->currentIndex(), script);  // an edit elsewhere does not undo the choice
    QVERIFY(!missing->valid());
  }

  void aDestroyedFieldTellsNothing() {
    QWidget other;
    auto* field = new ParameterField(eq::ParameterSpec::number("gamma", 2, "Focus"), &other);
    other.show();
    other.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&other));
    field->setFocus();
    QTest::keyClick(other.windowHandle(), '5');
    int edits = 0;
    connect(field, &ParameterField::edited, this, [&edits] { ++edits; });
    delete field;
    QCOMPARE(edits, 0);
  }

 private:
  NumberBox& box(const char* name) {
    for (auto* found : window_->experimentPanel().findChildren<NumberBox*>())
      if (found->accessibleName() == name) return *found;
    qFatal("no box \"%s\"", name);
  }

  NumberBox& type(const char* name, const QString& text) {
    auto& found = box(name);
    found.setFocus();
    found.selectAll();
    for (const QChar c : text) QTest::keyClick(window_->windowHandle(), c.toLatin1());
    return found;
  }

  void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    QTest::keyClick(window_->windowHandle(), key, modifiers);
  }

  void click(const QString& text) {
    for (auto* button : window_->findChild<Transport*>()->findChildren<QToolButton*>())
      if (button->text() == text)
        return QTest::mouseClick(window_->windowHandle(), Qt::LeftButton, {},
                                 button->mapTo(window_.get(), button->rect().center()));
    qFatal("no button \"%s\"", qPrintable(text));
  }

  void waitForARun() {
    QTRY_VERIFY_WITH_TIMEOUT(window_->runs().session().state() == SessionState::running ||
                                 window_->runs().session().state() == SessionState::paused,
                             kLong);
  }

  void startPaused() {
    window_->startExperiment();
    window_->runs().session().pause();
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().session().state(), SessionState::paused, kLong);
    QTRY_COMPARE(window_->experimentPanel().findChildren<TaskCard*>().size(), 2);
  }

  void stop() {
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kLong);
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestHalfTyped)
#include "tst_half_typed.moc"
