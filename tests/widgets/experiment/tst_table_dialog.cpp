#include "widgets/experiment/table_dialog.h"

#include <fstream>

#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "tests/registry.h"
#include "widgets/experiment/choice_delegate.h"
#include "widgets/experiment/table_column_box.h"
#include "widgets/experiment/table_columns_model.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"

using namespace eq::widgets;
using eq::train::Experiment;

namespace {

constexpr int kWait = 60000;  // ms, for machines with much else to do

/// 200 flats: a date, a category, gaps, a class, an order in words and two numbers.
QString flats(const char* separator = ",") {
  const QStringList levels{"low", "middle", "high"};
  QStringList lines{
      QStringList{"day", "district", "area", "rooms", "rent", "price", "level", "sold"}.join(
          separator)};
  for (int i = 0; i < 200; ++i)
    lines << QStringList{QString("2024-%1-%2")
                             .arg(1 + i % 12, 2, 10, QChar('0'))
                             .arg(1 + i % 28, 2, 10, QChar('0')),
                         QString("D%1").arg(i * 7 % 5),
                         i % 9 ? QString::number(20 + i * 37 % 91 + 0.5) : QString(),
                         QString::number(1 + i * 11 % 6),
                         QString::number(300 + i * 53 % 701 + 0.25),
                         QString::number(50000 + i * 7919 % 100003 + 0.5),
                         levels[i * 13 % 3],
                         i * 17 % 7 < 3 ? "yes" : "no"}
                 .join(separator);
  return lines.join('\n') + '\n';
}

}  // namespace

class TestTableDialog : public QObject {
  Q_OBJECT

 private slots:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }
  void cleanup() {
    delete dialog_;
    folder_.reset();
  }

  void whatTheFileHoldsStandsThereAtOnce() {
    open(flats());
    QCOMPARE(cell("day", TableColumnsModel::kKind), QString("date"));
    QCOMPARE(cell("day", TableColumnsModel::kUse), QString("Left out"));
    QCOMPARE(cell("district", TableColumnsModel::kKind), QString("category"));
    QCOMPARE(cell("district", TableColumnsModel::kDifferent), QString("5"));
    QCOMPARE(cell("area", TableColumnsModel::kMissing), QString("23"));
    QCOMPARE(cell("area", TableColumnsModel::kFound), QString("177 numbers"));
    QCOMPARE(cell("area", TableColumnsModel::kUse), QString("Input"));
    QCOMPARE(cell("sold", TableColumnsModel::kUse), QString("Predict as class"));
    QVERIFY(cell("sold", TableColumnsModel::kExamples).contains("yes"));
    auto* rows = view("First rows of the table");
    QCOMPARE(rows->model()->index(1, 1).data().toString(), QString("D2"));
    QCOMPARE(rows->model()->index(0, 2).data().toString(), QString("missing"));
    QCOMPARE(box("delimiter")->currentText(), QString("found: comma"));
  }

  void aDateColumnSaysWhatCanBeDoneAndAnInputOfItHasParts() {
    open(flats());
    QTRY_VERIFY_WITH_TIMEOUT(dialog_->problem().isEmpty(), kWait);
    QVERIFY2(
        cell("day", TableColumnsModel::kNote)
            .contains("200 dates (2024-01-01, 2024-02-02, 2024-03-03), left out; “Kind” can say"),
        qPrintable(cell("day", TableColumnsModel::kNote)));
    choose("day", TableColumnsModel::kUse, "Input");
    QCOMPARE(cell("day", TableColumnsModel::kKind), QString("year, month, weekday"));
    QVERIFY(cell("day", TableColumnsModel::kNote).contains("read as year, month and weekday"));
    const auto params = opened().data.params;
    QCOMPARE(params["columns"]["day"]["kind"].get<std::string>(), std::string("date_parts"));
  }

  void twoMoreTargetsMakeThreeTasksWithTheirLosses() {
    open(flats());
    choose("price", TableColumnsModel::kUse, "Predict as number");
    choose("rent", TableColumnsModel::kUse, "Predict as number");
    const auto experiment = opened(true);
    QVERIFY(started_);
    QCOMPARE(experiment.tasks.size(), std::size_t{3});
    QCOMPARE(experiment.tasks[0].name, std::string("rent"));
    QCOMPARE(experiment.tasks[0].loss.id, std::string("mse"));
    QCOMPARE(experiment.tasks[2].loss.id, std::string("cross_entropy"));
    QVERIFY(experiment.data.params["standardize_targets"].get<bool>());
    QCOMPARE(tasks_.size(), std::size_t{3});
    QCOMPARE(tasks_[2].classNames, (std::vector<std::string>{"no", "yes"}));
  }

  void anotherSeparatorShowsOtherColumnsAndWhatWasChosenComesBackWithTheFirst() {
    open(flats(";"));
    choose("price", TableColumnsModel::kUse, "Predict as number");
    pick(box("delimiter"), "tab");
    QCOMPARE(columns()->rowCount(), 1);
    QVERIFY(!button("Start training")->isEnabled());
    pick(box("delimiter"), "semicolon");
    QCOMPARE(columns()->rowCount(), 8);
    QCOMPARE(cell("price", TableColumnsModel::kUse), QString("Predict as number"));
    QTRY_VERIFY_WITH_TIMEOUT(button("Start training")->isEnabled(), kWait);
    QCOMPARE(opened().data.params["delimiter"].get<std::string>(), std::string("semicolon"));
  }

  void aReadingThatTheFileDoesNotAllowIsMarkedAndKept() {
    open("a,b\n1,2\n3,4\n5;6,7\n");
    pick(box("delimiter"), "semicolon");
    const auto problem = dialog_->findChild<ProblemLabel*>();
    QVERIFY2(problem->text().contains("line 4: expected 1 fields"), qPrintable(problem->text()));
    QCOMPARE(box("delimiter")->currentText(), QString("semicolon"));
    QVERIFY(!button("Open")->isEnabled());
    QVERIFY(state().contains("cannot be read"));
    pick(box("decimal"), "comma");
    pick(box("delimiter"), "comma");
    QVERIFY(problem->text().isEmpty());
    pick(box("thousands"), "comma");
    QVERIFY(isMarked(*box("thousands")));
    QVERIFY(problem->text().contains("the comma is the decimal mark (“Decimal mark”)"));
    QCOMPARE(box("thousands")->currentText(), QString("comma"));
  }

  void textsThatAreMissingTooCountWhileTheyAreTyped() {
    open(flats());
    QLineEdit* missing = nullptr;
    for (auto* field : dialog_->findChildren<QLineEdit*>())
      if (field->accessibleName() == "Also missing") missing = field;
    QTest::keyClicks(missing, "D1, D2");
    QTest::keyClick(missing, Qt::Key_Return);
    QVERIFY(dialog_ && dialog_->isVisible());  // Return starts nothing
    QCOMPARE(cell("district", TableColumnsModel::kMissing), QString("80"));
    QVERIFY(opened().data.params["missing"] == nlohmann::json({"auto", "D1", "D2"}));
  }

  void withoutAHeaderTheFirstLineIsARow() {
    open("1,2\n3,4\n5,6\n7,9\n8,10\n9,12\n10,13\n12,15\n13,16\n15,18\n");
    QCOMPARE(columns()->index(0, 0).data().toString(), QString("1"));
    QTest::mouseClick(dialog_->findChild<QCheckBox*>(), Qt::LeftButton, {}, QPoint(8, 8));
    QCOMPARE(columns()->index(0, 0).data().toString(), QString("column 1"));
    QVERIFY(opened().data.params["header"] == false);
  }

  void whatCannotBeTrainedStandsAtItsColumnAndTheButtonsSayWhy() {
    open(flats());
    choose("district", TableColumnsModel::kUse, "Predict as number");
    QTRY_VERIFY_WITH_TIMEOUT(state().contains("expected a number, found \"D0\""), kWait);
    QVERIFY(!button("Start training")->isEnabled());
    QVERIFY(button("Start training")->toolTip().contains("expected a number"));
    const auto index = columns()->index(row("district"), TableColumnsModel::kNote);
    QVERIFY(index.data(TableColumnsModel::WrongRole).toBool());
    QVERIFY(index.data().toString().contains("expected a number, found \"D0\""));
    QCOMPARE(cell("district", TableColumnsModel::kUse), QString("Predict as number"));
    choose("district", TableColumnsModel::kUse, "Input");
    QTRY_VERIFY_WITH_TIMEOUT(button("Start training")->isEnabled(), kWait);
    QVERIFY(!index.data(TableColumnsModel::WrongRole).toBool());
  }

  void withoutATargetTheButtonsSayWhatToChoose() {
    open(flats());
    choose("sold", TableColumnsModel::kUse, "Left out");
    QVERIFY(!button("Open")->isEnabled());
    QVERIFY2(state().startsWith("No column is to be predicted yet"), qPrintable(state()));
    choose("level", TableColumnsModel::kUse, "Predict as class");
    const auto params = opened().data.params;
    QCOMPARE(params["columns"]["sold"]["kind"].get<std::string>(), std::string("ignored"));
    QCOMPARE(params["targets"].size(), std::size_t{1});
  }

  void wordsAreOrderedByHandAndNotInJson() {
    open(flats());
    choose("level", TableColumnsModel::kUse, "Predict as rank");
    auto* order = dialog_->findChild<QListWidget*>();
    QVERIFY(order->isVisible());
    QCOMPARE(order->count(), 3);  // high, low, middle
    order->setCurrentRow(0);
    click(button("Down"));
    click(button("Down"));
    const auto target = opened().data.params["targets"][0];
    QCOMPARE(target["kind"].get<std::string>(), std::string("ordinal"));
    QVERIFY(target["order"] == nlohmann::json({"low", "middle", "high"}));
  }

  void aColumnCanBeTheWeightOfATarget() {
    open(flats());
    choose("price", TableColumnsModel::kUse, "Predict as number");
    choose("area", TableColumnsModel::kUse, "Left out");
    choose("rooms", TableColumnsModel::kUse, "weight of price");
    const auto targets = opened().data.params["targets"];
    QVERIFY(targets[0]["fields"] == nlohmann::json({{"weight", "rooms"}}));
    QVERIFY(!targets[1].contains("fields"));
  }

  void aFieldOfATargetThatIsNoneAnyMoreIsToldAtItsColumn() {
    open(flats());
    choose("price", TableColumnsModel::kUse, "Predict as number");
    choose("rooms", TableColumnsModel::kUse, "weight of price");
    choose("price", TableColumnsModel::kUse, "Input");
    QCOMPARE(cell("rooms", TableColumnsModel::kUse), QString("weight of price"));
    QVERIFY(cell("rooms", TableColumnsModel::kNote).contains("which is not predicted"));
    QVERIFY(!button("Open")->isEnabled());
  }

  void theUnitOfANumberComesWithItsTask() {
    open(flats());
    choose("price", TableColumnsModel::kUse, "Predict as number");
    QLineEdit* unit = nullptr;
    for (auto* field : dialog_->findChild<TableColumnBox*>()->findChildren<QLineEdit*>())
      unit = field;
    QVERIFY(unit->isVisible());
    QTest::keyClicks(unit, "EUR");
    opened();
    QCOMPARE(tasks_[0].unit, std::string("EUR"));
    QVERIFY(tasks_[0].scale > 1000);  // standardised; metrics are in the column's own unit
  }

  void sharesThatLeaveNothingAreToldAndKept() {
    open(flats());
    NumberBox* test = nullptr;
    for (auto* share : dialog_->findChildren<NumberBox*>())
      if (share->accessibleName() == "Test") test = share;
    test->setFocus();
    test->selectAll();
    QTest::keyClicks(test, "87");
    QTest::keyClick(test, Qt::Key_Tab);
    QTRY_VERIFY_WITH_TIMEOUT(state().contains("leave nothing to train on"), kWait);
    QCOMPARE(test->value(), 87.0);
    QVERIFY(!button("Open")->isEnabled());
  }

  void aLargeFileIsReadToItsEndBehindItsFront() {
    QString text = "x,y\n";
    for (int i = 0; i < 150000; ++i) text += QString("%1,%2\n").arg(i * 7919 % 100003).arg(i % 2);
    text += "odd,1\n";
    open(text, false);
    QVERIFY(summary().startsWith("The first "));
    QVERIFY(state().contains("being read"));
    QVERIFY(!button("Open")->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(summary().startsWith("150\u202f001 rows"), kWait);
    QTRY_VERIFY_WITH_TIMEOUT(state().contains("expected a number, found \"odd\""), kWait);
  }

  void theKeyboardAloneChooses() {
    open(flats());
    auto* table = view("Columns of the table");
    table->setFocus();
    table->setCurrentIndex(columns()->index(row("price"), TableColumnsModel::kUse));
    QTest::keyClick(table, Qt::Key_Return);
    answer(table, "Predict as number");
    QCOMPARE(cell("price", TableColumnsModel::kUse), QString("Predict as number"));
    QVERIFY(dialog_->isVisible());  // Return chose, and started nothing
  }

  void rowsAreDividedByTimeWithoutNamingAKey() {
    open(flats());
    pick(box("split"), "of the last rows by");
    QCOMPARE(box("split_column")->currentText(), QString("day"));
    const auto params = opened().data.params;
    QCOMPARE(params["split"].get<std::string>(), std::string("time"));
    QCOMPARE(params["split_column"].get<std::string>(), std::string("day"));
  }

  void aColumnOfGroupsIsNoInputAndSaysSo() {
    open(flats());
    pick(box("split"), "of whole groups by");
    pick(box("split_column"), "district");
    QCOMPARE(cell("district", TableColumnsModel::kUse), QString("Left out"));
    for (const char* separator : {"tab", "comma"}) {
      pick(box("delimiter"), separator);
      QCOMPARE(box("split_column")->currentText(), QString("district"));
    }
    QCOMPARE(cell("district", TableColumnsModel::kUse), QString("Left out"));
    pick(box("split"), "as told by");
    QTRY_VERIFY_WITH_TIMEOUT(state().contains("expected train, validation or test"), kWait);
    QVERIFY(columns()
                ->index(row("district"), TableColumnsModel::kNote)
                .data(TableColumnsModel::WrongRole)
                .toBool());
    pick(box("split"), "of rows at random");
    QCOMPARE(cell("district", TableColumnsModel::kUse), QString("Input"));
    QVERIFY(!opened().data.params.contains("split"));
  }

  /// What the dialog made, it shows again, and makes the same of it.
  void anExperimentsTableIsShownAsItWasChosen() {
    open(flats());
    choose("price", TableColumnsModel::kUse, "Predict as number");
    choose("district", TableColumnsModel::kUse, "Left out");
    choose("day", TableColumnsModel::kUse, "Input");
    auto first = opened();
    first.tasks[0].weight = 3;
    first.epochs = 17;
    change(first);
    QCOMPARE(cell("price", TableColumnsModel::kUse), QString("Predict as number"));
    QCOMPARE(cell("district", TableColumnsModel::kUse), QString("Left out"));
    QVERIFY(opened() == first);
  }

  void aChangedTableKeepsTheTasksWhoseTargetsStay() {
    open(flats());
    choose("price", TableColumnsModel::kUse, "Predict as number");
    auto first = opened();
    for (auto& task : first.tasks) task.weight = 3;
    change(first);
    choose("sold", TableColumnsModel::kUse, "Predict as yes/no");
    choose("district", TableColumnsModel::kUse, "Predict as class");
    const auto second = opened();
    QCOMPARE(second.tasks.size(), std::size_t{3});
    for (const auto& task : second.tasks) {
      QCOMPARE(task.weight, task.name == "price" ? 3.0 : 1.0);
      QVERIFY(!task.loss.id.empty());
    }
    QCOMPARE(second.epochs, first.epochs);
  }

  void keysThatTheFileNamesStayAsTheyAre() {
    open(flats());
    auto first = opened();
    auto& keys = first.data.params;
    keys["view_noise"] = 0.5;
    keys["missing"] = {"-999", "none"};
    keys["inputs"] = {"rooms", "district"};
    keys["targets"] = {{{"column", "price"}, {"kind", "number"}, {"name", "value"}}};
    keys.erase("columns");
    first.tasks.clear();
    change(first);
    QCOMPARE(cell("rent", TableColumnsModel::kUse), QString("Left out"));
    const auto second = opened();
    QCOMPARE(second.data.params.at("view_noise").get<double>(), 0.5);
    QVERIFY(second.data.params.at("missing") == keys.at("missing"));
    QCOMPARE(second.tasks.size(), std::size_t{1});
    QCOMPARE(second.tasks[0].name, std::string("value"));
  }

  void whatTheDialogCannotShowIsRefusedByName() {
    open(flats());
    auto first = opened();
    first.data.params["targets"] = {{{"column", "price"}, {"kind", "number"}, {"name", "a"}},
                                    {{"column", "price"}, {"kind", "number"}, {"name", "b"}}};
    try {
      TableDialog refused(first);
      QFAIL("it was shown");
    } catch (const eq::Error& error) {
      QVERIFY2(QString(error.what()).contains("data.targets[1]: \"price\" is predicted twice"),
               error.what());
    }
  }

  void cancelOpensNothing() {
    open(flats());
    QSignalSpy chosen(dialog_, &TableDialog::chosen);
    QTest::keyClick(dialog_, Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!dialog_, kWait);
    QCOMPARE(chosen.size(), 0);
  }

 private:
  void open(const QString& text, bool wait = true) {
    const auto file = folder_->filePath("flats.csv").toStdString();
    std::ofstream(file) << text.toStdString();
    dialog_ = new TableDialog(file);
    dialog_->open();
    QVERIFY(QTest::qWaitForWindowExposed(dialog_));
    if (wait) QTRY_VERIFY_WITH_TIMEOUT(!state().startsWith("Being checked"), kWait);
  }
  void change(const Experiment& experiment) {
    QTRY_VERIFY_WITH_TIMEOUT(!dialog_, kWait);
    dialog_ = new TableDialog(experiment);
    dialog_->open();
    QVERIFY(QTest::qWaitForWindowExposed(dialog_));
    QTRY_VERIFY_WITH_TIMEOUT(!state().startsWith("Being checked"), kWait);
  }
  QTableView* view(const QString& name) const {
    for (auto* found : dialog_->findChildren<QTableView*>())
      if (found->accessibleName() == name) return found;
    qFatal("no table \"%s\"", qPrintable(name));
  }
  QAbstractItemModel* columns() const { return view("Columns of the table")->model(); }
  int row(const QString& column) const {
    for (int row = 0; row < columns()->rowCount(); ++row)
      if (columns()->index(row, 0).data().toString() == column) return row;
    qFatal("no column \"%s\"", qPrintable(column));
  }
  QString cell(const QString& column, int place) const {
    return columns()->index(row(column), place).data().toString();
  }
  QComboBox* box(const char* name) const { return dialog_->findChild<QComboBox*>(name); }
  QPushButton* button(const QString& text) const {
    for (auto* found : dialog_->findChildren<QPushButton*>())
      if (found->text().remove('&') == text) return found;
    qFatal("no button \"%s\"", qPrintable(text));
  }
  QString state() const { return dialog_->findChild<QLabel*>("state")->text(); }
  QString summary() const { return dialog_->findChild<QLabel*>("summary")->text(); }
  static void click(QPushButton* button) { QTest::mouseClick(button, Qt::LeftButton); }

  /// In the list of a box that was opened.
  static void take(QComboBox* box, int to) {
    QTRY_VERIFY_WITH_TIMEOUT(box->view()->isVisible(), kWait);
    for (int moves = box->count(); box->view()->currentIndex().row() != to && moves > 0; --moves)
      QTest::keyClick(box->view(),
                      box->view()->currentIndex().row() < to ? Qt::Key_Down : Qt::Key_Up);
    QTest::keyClick(box->view(), Qt::Key_Return);
  }
  static void pick(QComboBox* box, const QString& text) {
    QTest::mouseClick(box, Qt::LeftButton);
    take(box, box->findText(text));
  }
  /// In the box that stands in the cell now.
  static void answer(QTableView* table, const QString& text) {
    auto* box = table->findChild<ChoiceBox*>();
    QVERIFY(box);
    const int to = box->findText(text);
    QVERIFY2(to >= 0, qPrintable(text));
    take(box, to);
    QTRY_VERIFY_WITH_TIMEOUT(!table->findChild<ChoiceBox*>(), kWait);
  }
  void choose(const QString& column, int place, const QString& text) {
    auto* table = view("Columns of the table");
    const auto index = columns()->index(row(column), place);
    table->scrollTo(index);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(index).center());
    answer(table, text);
  }
  /// What is handed over when the dialog is ended.
  Experiment opened(bool start = false) {
    Experiment experiment;
    bool handed = false;
    connect(dialog_, &TableDialog::chosen, this,
            [&](const Experiment& found, const std::vector<eq::TaskInfo>& tasks, bool starts) {
              experiment = found;
              tasks_ = tasks;
              started_ = starts;
              handed = true;
            });
    auto* end = button(start                                          ? "Start training"
                       : dialog_->windowTitle().startsWith("Columns") ? "Apply"
                                                                      : "Open");
    if (!QTest::qWaitFor([&] { return end->isEnabled(); }, kWait))
      qFatal("nothing can be opened: %s", qPrintable(state()));
    click(end);
    if (!handed) qFatal("nothing was handed over");
    return experiment;
  }

  std::unique_ptr<QTemporaryDir> folder_;
  QPointer<TableDialog> dialog_;
  std::vector<eq::TaskInfo> tasks_;
  bool started_ = false;
};

EQUIPOISE_TEST(TestTableDialog)
#include "tst_table_dialog.moc"
