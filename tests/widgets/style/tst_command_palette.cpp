#include "widgets/style/command_palette.h"

#include <QAction>
#include <QDockWidget>
#include <QLineEdit>
#include <QMainWindow>
#include <QMenuBar>
#include <QPointer>
#include <QSignalSpy>
#include <QTest>
#include <QToolBar>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "tests/registry.h"
#include "widgets/style/fold.h"
#include "widgets/style/reachable.h"

using namespace eq::widgets;

namespace {

/// A window with two actions, one of them of no use now, and a field in a folded part of a closed
/// dock.
class SmallWindow : public QMainWindow {
 public:
  SmallWindow() {
    auto* menu = menuBar()->addMenu("&File");
    save = menu->addAction("&Save the experiment", Qt::CTRL | Qt::Key_S);
    stop = menu->addMenu("&More")->addAction("S&top");
    stop->setEnabled(false);
    stop->setToolTip("Nothing trains");
    field = new QLineEdit;
    field->setAccessibleName("Learning rate");
    fold = new Fold("Optimizer", field, Fold::Rank::section);
    fold->setAccessibleName("Optimizer");
    dock = new QDockWidget("E&xperiment", this);
    dock->setWidget(fold);
    addDockWidget(Qt::LeftDockWidgetArea, dock);
    setCentralWidget(new QWidget);
    resize(700, 500);
  }

  QAction* save;
  QAction* stop;
  QLineEdit* field;
  Fold* fold;
  QDockWidget* dock;
};

}  // namespace

class TestCommandPalette : public QObject {
  Q_OBJECT

  std::unique_ptr<SmallWindow> window_;
  QPointer<CommandPalette> palette_;

  QLineEdit& words() const { return *palette_->findChild<QLineEdit*>(); }
  QStringList found() const {
    QStringList names;
    const auto* list = palette_->findChild<QTreeWidget*>();
    for (int row = 0; row < list->topLevelItemCount(); ++row)
      names << list->topLevelItem(row)->text(0);
    return names;
  }

 private Q_SLOTS:
  void init() {
    window_ = std::make_unique<SmallWindow>();
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    palette_ = new CommandPalette(*window_);
    palette_->open();
    QVERIFY(QTest::qWaitForWindowActive(palette_));
  }
  void cleanup() { window_.reset(); }

  /// Three fields were called "Loss", at one place.
  void fieldsOfOneNameAtOnePlaceAreCounted() {
    for (int i = 0; i < 2; ++i) {
      auto* field = new QLineEdit(window_->dock);
      field->setAccessibleName("Loss");
      field->show();
    }
    QStringList names;
    for (const auto& one : reachableIn(*window_))
      if (one.name.startsWith("Loss")) names << one.name;
    QCOMPARE(names, (QStringList{"Loss 1", "Loss 2"}));
  }

  void showsActionsWithTheirKeysAndFieldsWithTheirPlaces() {
    (new QToolBar(window_->dock))->addAction("Rename");
    window_->fold->addAction(new QAction("Pin", window_.get()));
    const auto all = reachableIn(*window_);
    const auto find = [&](const QString& name) {
      return *std::find_if(all.begin(), all.end(),
                           [&](const auto& one) { return one.name == name; });
    };
    QCOMPARE(find("Save the experiment").place, QString("File"));
    QCOMPARE(find("Save the experiment").key, QString("Ctrl+S"));
    QCOMPARE(find("Stop").place, QString("File › More"));
    QCOMPARE(find("Stop").advice, QString("Nothing trains"));
    QVERIFY(!find("Stop").enabled);
    QCOMPARE(find("Rename").place, QString("Experiment"));
    QCOMPARE(find("Pin").place, QString("Experiment"));
    QCOMPARE(find("Learning rate").place, QString("Experiment › Optimizer"));
  }

  void findsByWordsInAnyOrder() {
    QTest::keyClicks(&words(), "experiment sav");
    QCOMPARE(found(), QStringList{"Save the experiment"});
    words().clear();
    QTest::keyClicks(&words(), "optimizer rate");
    QCOMPARE(found(), QStringList{"Learning rate"});
    words().clear();
    QTest::keyClicks(&words(), "no such thing");
    QCOMPARE(found(), QStringList{});
    QTest::keyClick(&words(), Qt::Key_Return);
    QVERIFY(palette_ && palette_->isVisible());
  }

  void returnDoesTheAction() {
    QSignalSpy done(window_->save, &QAction::triggered);
    QTest::keyClicks(&words(), "save");
    QTest::keyClick(&words(), Qt::Key_Return);
    QTRY_COMPARE(done.size(), 1);
    QTRY_VERIFY(!palette_);
  }

  void whatCannotBeDoneIsNotDone() {
    QSignalSpy done(window_->stop, &QAction::triggered);
    QTest::keyClicks(&words(), "stop");
    QCOMPARE(found(), QStringList{"Stop"});
    QTest::keyClick(&words(), Qt::Key_Return);
    QTest::qWait(20);
    QCOMPARE(done.size(), 0);
    QVERIFY(palette_->isVisible());
  }

  void aFieldIsOpenedAndGetsTheKeyboard() {
    palette_->close();
    window_->fold->setOpen(false);
    window_->dock->close();
    palette_ = new CommandPalette(*window_);
    palette_->open();
    QVERIFY(QTest::qWaitForWindowActive(palette_));
    QTest::keyClicks(&words(), "learn");
    QTest::keyClick(&words(), Qt::Key_Return);
    QTRY_VERIFY(window_->field->hasFocus());
    QVERIFY(window_->fold->isOpen());
    QVERIFY(window_->dock->isVisible());
  }
};

EQUIPOISE_TEST(TestCommandPalette)
#include "tst_command_palette.moc"
