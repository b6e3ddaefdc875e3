#include <QApplication>
#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTest>

#include "core/loss/catalog.h"
#include "core/loss/families.h"
#include "tests/registry.h"
#include "widgets/experiment/method_rules.h"
#include "widgets/method_editor.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/method_chooser.h"
#include "widgets/style/method_delegate.h"

using namespace eq::widgets;

namespace {

KnownTask numberTask() {
  KnownTask task;
  task.info.emplace();
  task.info->name = "price";
  task.info->kind = eq::TaskKind::regression;
  return task;
}

QStringList rowsOf(const QAbstractItemModel& model, bool headings) {
  QStringList rows;
  for (int row = 0; row < model.rowCount(); ++row) {
    const auto index = model.index(row, 0);
    if (index.data(MethodDelegate::Id).isValid() != headings) rows << index.data().toString();
  }
  return rows;
}

}  // namespace

/// Real keys and clicks on the box of a method and on the list that it drops down.
class TestMethodChooser : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    editor_ = std::make_unique<MethodEditor>("Loss", eq::loss::catalog().descriptors());
    editor_->setRules(lossRules(numberTask()));
    editor_->setMethod({"mse"});
    editor_->resize(320, 200);
    editor_->show();
    editor_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(editor_.get()));
    chooser_ = editor_->findChild<MethodChooser*>();
    chooser_->setFocus();
  }
  void cleanup() { editor_.reset(); }

  void arrowsOnTheClosedBoxOpenTheListAndChooseNothing() {
    for (const auto key : {Qt::Key_Down, Qt::Key_Up, Qt::Key_PageDown, Qt::Key_Home, Qt::Key_End}) {
      QTest::keyClick(chooser_, key);
      QVERIFY(chooser_->list());
      QCOMPARE(chooser_->list()->highlighted(), QString("mse"));
      QTest::keyClick(&chooser_->list()->search(), Qt::Key_Escape);
      QTRY_VERIFY(!chooser_->list());
    }
    QCOMPARE(editor_->method().id, std::string("mse"));
  }

  void lookingThroughTheListChoosesNothing() {
    QSignalSpy edited(editor_.get(), &MethodEditor::edited);
    auto& list = open();
    for (int i = 0; i < 30; ++i) QTest::keyClick(&list.search(), Qt::Key_Down);
    QVERIFY(list.highlighted() != "mse");
    QTest::keyClick(&list.search(), Qt::Key_Escape);
    QCOMPARE(edited.size(), 0);
    QCOMPARE(editor_->method().id, std::string("mse"));
    QCOMPARE(chooser_->currentData().toString(), QString("mse"));
  }

  void returnChoosesTheHighlightedOnce() {
    QSignalSpy edited(editor_.get(), &MethodEditor::edited);
    auto& list = open();
    QTest::keyClicks(&list.search(), "huber");
    QCOMPARE(list.highlighted(), QString("huber"));
    QTest::keyClick(&list.search(), Qt::Key_Return);
    QCOMPARE(edited.size(), 1);
    QCOMPARE(editor_->method().id, std::string("huber"));
  }

  void aClickChooses() {
    auto& list = open();
    QTest::keyClicks(&list.search(), "huber");
    const auto place = list.list().visualRect(list.list().currentIndex()).center();
    QTest::mouseClick(list.list().viewport(), Qt::LeftButton, {}, place);
    QCOMPARE(editor_->method().id, std::string("huber"));
  }

  void aLetterOnTheClosedBoxSearches() {
    QTest::keyClick(chooser_, 'q');
    QVERIFY(chooser_->list());
    QCOMPARE(chooser_->list()->search().text(), QString("q"));
    QCOMPARE(editor_->method().id, std::string("mse"));
  }

  void theSearchReadsIdTitleAndSentence() {
    auto& list = open();
    for (const char* words : {"gaussian_nll", "Gaussian", "variance"}) {
      list.search().setText(words);
      QVERIFY2(rowsOf(*list.list().model(), false).join(' ').contains("Gaussian"), words);
    }
    list.search().setText("no such words");
    QCOMPARE(list.list().model()->rowCount(), 0);
    QTest::keyClick(&list.search(), Qt::Key_Return);
    QCOMPARE(editor_->method().id, std::string("mse"));
  }

  void everyLossStandsInItsFamily() {
    auto& list = open();
    const auto headings = rowsOf(*list.list().model(), true);
    QCOMPARE(headings.size(), static_cast<qsizetype>(eq::loss::families().size()));
    for (size_t i = 0; i < eq::loss::families().size(); ++i)
      QCOMPARE(headings[static_cast<int>(i)],
               QString::fromStdString(eq::loss::families()[i].title));
    QCOMPARE(rowsOf(*list.list().model(), false).size(),
             static_cast<qsizetype>(eq::loss::catalog().rows().size()));
  }

  void whatDoesNotFitIsGreyWithTheReasonAndCannotBeChosen() {
    auto& list = open();
    list.search().setText("focal loss");
    const auto* model = list.list().model();
    const auto focal = model->index(1, 0);
    QCOMPARE(focal.data(MethodDelegate::Fits).toBool(), false);
    const auto reason = focal.data(MethodDelegate::Note).toString();
    QVERIFY2(reason.contains("classification") && reason.contains("price is regression"),
             qPrintable(reason));
    QTest::keyClick(&list.search(), Qt::Key_Return);
    QVERIFY(chooser_->list());  // it stays open to read
    QCOMPARE(editor_->method().id, std::string("mse"));
  }

  void whatASwapBeginsAnewStandsAtTheEntry() {
    auto& list = open();
    list.search().setText("gaussian_nll");
    const auto note = list.list().model()->index(1, 0).data(MethodDelegate::Note).toString();
    QVERIFY2(note.contains("head"), qPrintable(note));
  }

  void anOrdinaryBoxOpensOnArrowsToo() {
    ChoiceBox box;
    box.addItems({"one", "two", "three"});
    box.show();
    QSignalSpy activated(&box, &QComboBox::activated);
    QTest::keyClick(&box, Qt::Key_Down);
    QCOMPARE(box.currentText(), QString("one"));
    QCOMPARE(activated.size(), 0);
    auto* view = box.view();
    QVERIFY(view->isVisible());
    QTest::keyClick(view, Qt::Key_Down);
    QCOMPARE(activated.size(), 0);
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(activated.size(), 1);
    QCOMPARE(box.currentText(), QString("two"));
  }

 private:
  MethodList& open() {
    QTest::mouseClick(chooser_, Qt::LeftButton);
    return *chooser_->list();
  }

  std::unique_ptr<MethodEditor> editor_;
  MethodChooser* chooser_ = nullptr;
};

EQUIPOISE_TEST(TestMethodChooser)
#include "tst_method_chooser.moc"
