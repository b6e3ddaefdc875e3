#include "app/preferences_dialog.h"

#include <QFile>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QToolBar>

#include "app/main_window.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/session/transport.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/curve_colours.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/theme.h"

using namespace eq::widgets;
using eq::app::MainWindow;
using eq::app::Preferences;
using eq::app::PreferencesDialog;

namespace {

eq::train::Experiment valleys(std::int64_t threads) {
  auto experiment = eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "Valleys", "data": {"id": "two_valleys"}, "model": {"id": "point"}})"));
  experiment.threads = threads;
  return experiment;
}

}  // namespace

class TestPreferences : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
    openWindow();
  }
  void cleanup() {
    window_.reset();
    eq::app::applyAppearance({});
  }

  void themeAndColoursCountAtOnceAndAreKept() {
    auto* dialog = openDialog();
    const auto before = taskColour(Theme::dark, 1);
    choose(*dialog, "Theme", "dark");
    choose(*dialog, "Colours of curves", "tol_bright");
    QCOMPARE(themeOf(QApplication::palette()), Theme::dark);
    QTRY_COMPARE(themeOf(*window_), Theme::dark);
    QVERIFY(taskColour(Theme::dark, 1) != before);
    QCOMPARE(taskColour(Theme::dark, 1), QColor(curveColourSets()[1].onDark[1]));
    const auto kept = Preferences::kept();
    QCOMPARE(kept.theme, QString("dark"));
    QCOMPARE(kept.curves, QString("tol_bright"));
    const auto menus = window_->menuBar()->findChildren<QMenu*>();
    const auto themes = std::ranges::find(menus, QString("&Theme"), &QMenu::title);
    QVERIFY(themes != menus.end());
    emit(*themes)->aboutToShow();
    QVERIFY((*themes)->actions().at(2)->isChecked());
  }

  void aWindowBeginsWithThePreferredLimit() {
    auto* dialog = openDialog();
    type(*field<NumberBox>(*dialog, "Speed limit"), "25");
    QCOMPARE(Preferences::kept().speedLimit, 25.0);
    openWindow();
    auto* limit = window_->findChild<Transport*>()->findChild<NumberBox*>();
    QCOMPARE(limit->value(), 25.0);
    type(*field<NumberBox>(*openDialog(), "Speed limit"), "no limit");
    QCOMPARE(Preferences::kept().speedLimit, 0.0);
  }

  void threadsAreThoseOfExperimentsThatLeaveThemOpen() {
    type(*field<NumberBox>(*openDialog(), "Threads of the processor"), "3");
    window_->openExperiment(valleys(0));
    QCOMPARE(window_->experimentPanel().experiment().threads, std::int64_t{3});
    window_->openExperiment(valleys(1));
    QCOMPARE(window_->experimentPanel().experiment().threads, std::int64_t{1});
  }

  void aFolderThatCannotBeUsedIsMarkedAndDoesNotCount() {
    auto* dialog = openDialog();
    auto* runs = field<QLineEdit>(*dialog, "Runs go to");
    for (const char* wrong : {"relative", "/etc/hostname", "/etc/hostname/below"}) {
      enter(*runs, wrong);
      QVERIFY2(isMarked(*runs), wrong);
      QCOMPARE(runs->text(), QString(wrong));
      QCOMPARE(Preferences::kept().runsFolder, QString());
    }
    const auto folder = workspace_->filePath("new/deep");
    enter(*runs, folder);
    QVERIFY(!isMarked(*runs));
    QCOMPARE(Preferences::kept().runsFolder, folder);
    QCOMPARE(eq::app::runsFolderOf(Preferences::kept()), folder);
  }

  void aCommandThatIsNoneIsMarkedAndDoesNotCount() {
    auto* command = field<QLineEdit>(*openDialog(), "and start the command");
    enter(*command, "tell 'me");
    QVERIFY(isMarked(*command));
    QCOMPARE(command->text(), QString("tell 'me"));
    QCOMPARE(Preferences::kept().notifyCommand, QString());
    enter(*command, "tell 'me all'");
    QVERIFY(!isMarked(*command));
    QCOMPARE(Preferences::kept().notifyCommand, QString("tell 'me all'"));
  }

  void theCommandIsStartedWhenARunEnds() {
    const auto told = workspace_->filePath("told");
    Preferences preferences;
    preferences.notifyCommand =
        QString("sh -c 'echo \"$EQUIPOISE_NAME|$EQUIPOISE_STATE|$EQUIPOISE_STEPS\" > %1'")
            .arg(told);
    preferences.keep();
    auto experiment = valleys(1);
    experiment.epochs = 3;
    window_->openExperiment(experiment, [this] { window_->startExperiment(); });
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(told).size() > 0, 20000);
    QFile file(told);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto words = QString::fromUtf8(file.readAll()).trimmed().split('|');
    QCOMPARE(words.mid(0, 2), QStringList({"Valleys", "finished"}));
    QVERIFY(words[2].toLongLong() > 0);
  }

  void aCommandThatCannotBeStartedIsSaid() {
    Preferences preferences;
    preferences.notifyCommand = "/no/such/program";
    preferences.keep();
    auto experiment = valleys(1);
    experiment.epochs = 1;
    window_->openExperiment(experiment, [this] { window_->startExperiment(); });
    QTRY_VERIFY_WITH_TIMEOUT(window_->messages().text().contains("/no/such/program"), 20000);
  }

  void defaultsComeBackTogether() {
    auto* dialog = openDialog();
    choose(*dialog, "Theme", "dark");
    type(*field<NumberBox>(*dialog, "Threads of the processor"), "3");
    for (auto* button : dialog->findChildren<QPushButton*>())
      if (button->text().contains("Defaults")) QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(Preferences::kept().threads, std::int64_t{0});
    QCOMPARE(themeOf(*window_), Theme::light);
    QCOMPARE(field<NumberBox>(*dialog, "Threads of the processor")->value(), 0.0);
  }

  void filesTrustedForGoodCanBeForgotten() {
    QSettings().setValue("trustedScripts", QStringList{"a", "b"});
    auto* dialog = openDialog();
    QPushButton* forget = nullptr;
    for (auto* button : dialog->findChildren<QPushButton*>())
      if (button->text().startsWith("Forget")) forget = button;
    QVERIFY(forget);
    QCOMPARE(forget->text(), QString("Forget the 2 files trusted for good"));
    QTest::mouseClick(forget, Qt::LeftButton);
    QVERIFY(!forget->isEnabled());
    QVERIFY(!QSettings().contains("trustedScripts"));
  }

  void settingsThatMakeNoSenseAreTheDefaults() {
    QSettings().setValue("theme", "blue");
    QSettings().setValue("threads", "many");
    QSettings().setValue("speed_limit", -3);
    QSettings().setValue("curves", "none");
    QCOMPARE(Preferences::kept().theme, QString("light"));
    QCOMPARE(Preferences::kept().threads, std::int64_t{0});
    QCOMPARE(Preferences::kept().speedLimit, 0.0);
    eq::app::applyAppearance(Preferences::kept());
    QCOMPARE(curveColours().id, curveColourSets()[0].id);
  }

 private:
  void openWindow() {
    window_ = std::make_unique<MainWindow>(workspace_->path().toStdString());
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
  }

  /// By its key.
  PreferencesDialog* openDialog() {
    QTest::keyClick(window_.get(), Qt::Key_Comma, Qt::ControlModifier);
    PreferencesDialog* dialog = nullptr;
    const auto isThere = [&] {
      for (auto* one : window_->findChildren<PreferencesDialog*>())
        if (one->isVisible()) dialog = one;
      return dialog != nullptr;
    };
    [&] { QTRY_VERIFY(isThere() && dialog->isActiveWindow()); }();
    return dialog;
  }

  /// The field whose label reads so.
  template <typename Field>
  static Field* field(PreferencesDialog& dialog, const QString& label) {
    for (auto* one : dialog.findChildren<QLabel*>())
      if (QString(one->text()).remove('&') == label) return qobject_cast<Field*>(one->buddy());
    return nullptr;
  }

  static void choose(PreferencesDialog& dialog, const QString& label, const QString& id) {
    auto* box = field<ChoiceBox>(dialog, label);
    box->setCurrentIndex(box->findData(id));
    emit box->activated(box->currentIndex());
  }

  /// Types and leaves the field.
  static void enter(QLineEdit& edit, const QString& text) {
    edit.setFocus();
    edit.selectAll();
    QTest::keyClicks(&edit, text);
    QTest::keyClick(&edit, Qt::Key_Tab);
  }

  static void type(NumberBox& box, const QString& text) {
    box.setFocus();
    box.selectAll();
    QTest::keyClicks(&box, text);
    QTest::keyClick(&box, Qt::Key_Return);
  }

  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestPreferences)
#include "tst_preferences.moc"
