#include <fstream>

#include <QAction>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/gallery.h"
#include "widgets/experiment/table_columns_model.h"
#include "widgets/experiment/table_dialog.h"
#include "widgets/experiment/task_card.h"
#include "widgets/plots/plot_area.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"

using eq::app::MainWindow;
using namespace eq::widgets;

namespace {

constexpr int kPatience = 60000;  // ms, for machines with much else to do

QPushButton* buttonNamed(const QWidget& parent, const QString& name) {
  for (auto* found : parent.findChildren<QPushButton*>())
    if (found->accessibleName() == name || found->text().remove('&') == name) return found;
  qFatal("no button \"%s\"", qPrintable(name));
}

}  // namespace

/// A table of one's own, from the gallery, a menu, a drop or the command line, comes to one dialog
/// and from there to the window.
class TestTableOpening : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("table-opening");
    table_ = folder_.filePath("flats.csv");
    std::ofstream file(table_.toStdString());
    file << "area,rooms,price,sold\n";
    for (int i = 0; i < 120; ++i)
      file << 20 + i * 37 % 91 << ".5," << 1 + i * 11 % 6 << ',' << 50000 + i * 7919 % 100003
           << ".5," << (i * 17 % 7 < 3 ? "yes" : "no") << '\n';
  }
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(workspace_->path().toStdString());
    window_->resize(1024, 700);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
  }
  void cleanup() {
    window_.reset();
    workspace_.reset();
  }

  void theCardStandsInSightAndLeadsToAMovingPlotInThreeClicks() {
    auto* gallery = window_->findChild<Gallery*>();
    auto* choose = buttonNamed(*gallery, "Your own table");
    QVERIFY(gallery->widget()->width() <= gallery->viewport()->width());
    QVERIFY(gallery->viewport()->rect().contains(
        QRect(choose->mapTo(gallery->viewport(), QPoint()), choose->size())));
    QTest::mouseClick(choose, Qt::LeftButton);  // one
    auto* files = window_->findChild<QFileDialog*>();
    QVERIFY(files->nameFilters().front().contains("CSV"));
    auto* name = files->findChild<QLineEdit*>("fileNameEdit");
    name->setText(table_);
    QTest::keyClick(name, Qt::Key_Return);  // two
    auto* start = readyButton("Start training");
    QTest::mouseClick(start, Qt::LeftButton);  // three
    QTRY_VERIFY_WITH_TIMEOUT(window_->data().x(XUnit::step).size() > 20, kPatience);
    QVERIFY(window_->plots().isVisible());
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kPatience);
  }

  void theMenuAsksForATableToo() {
    for (auto* action : window_->findChildren<QAction*>())
      if (action->text().contains("(CSV)")) action->trigger();
    auto* files = window_->findChild<QFileDialog*>();
    QVERIFY(files && files->nameFilters().front().contains("*.csv"));
    files->reject();
  }

  void aDroppedTableOpensTheDialogAndItsTasksStandBeforeTheStart() {
    drop(table_);
    auto* open = readyButton("Open");
    QTest::mouseClick(open, Qt::LeftButton);
    const auto& experiment = window_->experimentPanel().experiment();
    QCOMPARE(experiment.name, std::string("flats"));
    QCOMPARE(experiment.tasks.size(), std::size_t{1});
    QCOMPARE(experiment.tasks[0].loss.id, std::string("cross_entropy"));
    QCOMPARE(window_->experimentPanel().findChildren<TaskCard*>().size(), 1);
    QVERIFY(!window_->runs().active());
    QCOMPARE(QSettings().value("recent").toStringList(), QStringList{table_});
  }

  void whatIsCancelledOpensNothing() {
    drop(table_);
    auto* dialog = window_->findChild<TableDialog*>();
    QVERIFY(dialog);
    QTest::keyClick(dialog, Qt::Key_Escape);
    QVERIFY(window_->experimentPanel().experiment().data.id.empty());
    QVERIFY(QSettings().value("recent").toStringList().isEmpty());
    QVERIFY(window_->messages().text().isEmpty());
  }

  void aFileThatThereIsNotIsSaidInTheWindow() {
    QVERIFY(!window_->openPath("/nowhere/flats.csv"));
    QVERIFY(window_->messages().text().contains("/nowhere/flats.csv: there is no such file"));
    QVERIFY(!window_->findChild<TableDialog*>());
  }

  void aPageUnderTheNameOfATableSaysSoInTheDialog() {
    const auto page = folder_.filePath("page.csv");
    std::ofstream(page.toStdString()) << "<!DOCTYPE html>\n<p>1,2</p>\n";
    drop(page);
    auto* dialog = window_->findChild<TableDialog*>();
    QVERIFY(dialog);
    QVERIFY(dialog->findChild<QLabel*>("problem")->text().contains("found an HTML page"));
    QVERIFY(!buttonNamed(*dialog, "Open")->isEnabled());
    dialog->reject();
  }

  void whileARunGoesOnTheTableWaitsAndThatIsSaidAtOnce() {
    drop(table_);
    QTest::mouseClick(readyButton("Start training"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window_->data().x(XUnit::step).size() > 2, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!window_->findChild<TableDialog*>(), kPatience);
    window_->openPath(table_.toStdString());
    QVERIFY(!window_->findChild<TableDialog*>());
    QVERIFY(!window_->messages().text().isEmpty());
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kPatience);
  }

 private:
  void drop(const QString& path) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &event);
  }
  /// Of the dialog, once what it shows is checked.
  QPushButton* readyButton(const QString& text) {
    auto* dialog = window_->findChild<TableDialog*>();
    if (!dialog) qFatal("no dialog");
    auto* button = buttonNamed(*dialog, text);
    if (!QTest::qWaitFor([&] { return button->isEnabled(); }, kPatience))
      qFatal("%s", qPrintable(dialog->problem()));
    return button;
  }

  QTemporaryDir folder_;
  QString table_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestTableOpening)
#include "tst_table_opening.moc"
