#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QMenu>
#include <QStandardItemModel>
#include <QTableView>
#include <QTest>
#include <QTreeWidget>

#include "tests/registry.h"
#include "widgets/style/reachable.h"
#include "widgets/style/table_copy.h"

using namespace eq::widgets;

class TestTableCopy : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    model_.clear();
    model_.setHorizontalHeaderLabels({"name", "hidden", "value"});
    addRow("a,b", 1.0 / 3, "0.333");
    addRow("100%", 2.0, "2");
    window_ = std::make_unique<QWidget>();
    view_ = new QTableView(window_.get());
    view_->setModel(&model_);
    view_->setSelectionBehavior(QAbstractItemView::SelectRows);
    view_->hideColumn(1);
    new TableCopy(*view_, "Values");
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    view_->setFocus();
    QApplication::clipboard()->clear();
  }

  void controlCCopiesTheChosenRowsAsTheyRead() {
    QTest::keyClick(view_, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(copied(), QString("name\tvalue\na,b\t0.333\n100%\t2\n"));
    view_->selectRow(1);
    QTest::keyClick(view_, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(copied(), QString("name\tvalue\n100%\t2\n"));
  }

  void formatsTakeAllRowsUnlessSeveralAreSelected() {
    view_->selectRow(1);
    action("CSV")->trigger();
    QCOMPARE(copied(), QString("name,value\n\"a,b\",0.3333333333333333\n100%,2\n"));
    addRow("c", 3, "3");
    view_->selectionModel()->select(model_.index(2, 0),
                                    QItemSelectionModel::Select | QItemSelectionModel::Rows);
    action("Markdown")->trigger();
    QCOMPARE(copied(),
             QString("**Values**\n\n| name | value |\n| :--- | ---: |\n| 100% | 2 |\n| c | 3 |\n"));
  }

  void latexIsEscapedAndNumbersStandAtTheRight() {
    action("LaTeX")->trigger();
    QVERIFY(copied().contains("\\begin{tabular}{lr}") && copied().contains("100\\% & 2"));
  }

  void columnsAreInTheOrderInWhichTheyAreSeen() {
    view_->horizontalHeader()->moveSection(2, 0);
    action("CSV")->trigger();
    QVERIFY(copied().startsWith("value,name\n"));
  }

  void listsWithColumnsAreTables() {
    QTreeWidget list;
    list.setHeaderLabels({"step", "what"});
    auto* item = new QTreeWidgetItem(&list, {"1 200", "note"});
    item->setData(0, Qt::UserRole, qlonglong(1200));
    item->setTextAlignment(0, Qt::AlignRight);
    QCOMPARE(QString::fromStdString(textOf(textTableOf(list), eq::TableFormat::csv)),
             QString("step,what\n1200,note\n"));
  }

  void thePaletteFindsTheCopies() {
    QStringList names;
    for (const auto& one : reachableIn(*window_))
      names << (one.place.isEmpty() ? one.name : one.place + " › " + one.name);
    for (const auto* name : {"Copy", "Copy the table as › LaTeX"})
      QVERIFY2(names.contains(name), qPrintable(names.join(", ")));
  }

 private:
  void addRow(const QString& name, double value, const QString& text) {
    auto* number = new QStandardItem(text);
    number->setData(value, Qt::UserRole);
    number->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    model_.appendRow({new QStandardItem(name), new QStandardItem("x"), number});
  }

  QAction* action(const QString& text) const {
    for (auto* action : view_->actions())
      if (action->menu())
        for (auto* below : action->menu()->actions())
          if (below->text() == text) return below;
    return nullptr;
  }

  static QString copied() { return QApplication::clipboard()->text(); }

  QStandardItemModel model_;
  std::unique_ptr<QWidget> window_;
  QTableView* view_ = nullptr;
};

EQUIPOISE_TEST(TestTableCopy)
#include "tst_table_copy.moc"
