#include <QAccessible>
#include <QAction>
#include <QDialog>
#include <QLineEdit>
#include <QPointer>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QTreeWidget>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/style/command_palette.h"

using eq::app::MainWindow;

namespace {

bool isControl(QAccessible::Role role) {
  switch (role) {
    case QAccessible::EditableText:
    case QAccessible::SpinBox:
    case QAccessible::ComboBox:
    case QAccessible::CheckBox:
    case QAccessible::RadioButton:
    case QAccessible::PushButton:
    case QAccessible::Slider:
      return true;
    default:
      return false;
  }
}

/// Qt's own parts (of scroll bars, docks and boxes) are named by Qt or belong to what holds them.
bool isOwn(const QObject& object) {
  for (const auto* part = &object; part; part = part->parent()) {
    if (part->objectName().startsWith("qt_") || part->inherits("QDockWidgetTitleButton") ||
        part->inherits("QTabBar"))
      return false;
  }
  return true;
}

QString placeOfControl(const QObject* object) {
  QString place;
  for (; object; object = object->parent())
    place = QString("%1#%2/").arg(object->metaObject()->className(), object->objectName()) + place;
  return place;
}

void collectNameless(QAccessibleInterface* node, int depth, QStringList& nameless, int& controls) {
  if (!node || depth > 60) return;
  const auto* object = node->object();
  if (object && isControl(node->role()) && !node->state().invisible && isOwn(*object)) {
    ++controls;
    if (node->text(QAccessible::Name).isEmpty()) nameless << placeOfControl(object);
  }
  for (int i = 0; i < node->childCount(); ++i)
    collectNameless(node->child(i), depth + 1, nameless, controls);
}

}  // namespace

/// What a screen reader meets, and what the keyboard reaches.
class TestAccessibility : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<MainWindow> window_;

  void openSample(const char* name) {
    QVERIFY(window_->openPath(eq::test::inSource(name)));
    QTRY_VERIFY(window_->experimentPanel().isEnabled());
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("accessibility");
  }
  void init() {
    window_ = std::make_unique<MainWindow>(folder_.path().toStdString());
    window_->resize(1280, 800);
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
  }
  void cleanup() { window_.reset(); }

  void everyControlHasAName() {
    for (const char* sample : {"samples/two-digits.json", "samples/table.json"}) {
      openSample(sample);
      QStringList nameless;
      int controls = 0;
      collectNameless(QAccessible::queryAccessibleInterface(window_.get()), 0, nameless, controls);
      QVERIFY2(controls > 20, qPrintable(QString::number(controls)));
      QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join("\n")));
    }
  }

  void controlAndKReachAFieldOfTheExperiment() {
    openSample("samples/two-digits.json");
    QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
    QPointer<eq::widgets::CommandPalette> palette;
    QTRY_VERIFY(palette = window_->findChild<eq::widgets::CommandPalette*>());
    QVERIFY(QTest::qWaitForWindowActive(palette));
    auto* words = palette->findChild<QLineEdit*>();
    QTest::keyClicks(words, "epochs");
    QTest::keyClick(words, Qt::Key_Return);
    QTRY_VERIFY(!palette);
    QTRY_VERIFY(QApplication::focusWidget() &&
                window_->experimentPanel().isAncestorOf(QApplication::focusWidget()));
  }

  /// It was in the first field of the tool bar.
  void theKeyboardBeginsAtTheCards() {
    QTRY_VERIFY(QApplication::focusWidget());
    QVERIFY2(QApplication::focusWidget()->inherits("eq::widgets::Gallery"),
             QApplication::focusWidget()->metaObject()->className());
  }

  void theKeysOfHelpAreThoseOfTheMenus() {
    QTest::keyClick(window_.get(), Qt::Key_F1);
    QTextBrowser* page = nullptr;
    QTRY_VERIFY(page = window_->findChild<QTextBrowser*>());
    const auto text = page->toPlainText();
    int keys = 0;
    for (const auto* action : window_->findChildren<QAction*>()) {
      if (action->shortcut().isEmpty() || !action->isVisible() || action->text().isEmpty())
        continue;
      if (action->associatedObjects().isEmpty()) continue;
      const auto key = action->shortcut().toString(QKeySequence::NativeText);
      QVERIFY2(text.contains(key), qPrintable(key + " " + action->text()));
      ++keys;
    }
    QVERIFY(keys > 10);
  }
};

EQUIPOISE_TEST(TestAccessibility)
#include "tst_accessibility.moc"
