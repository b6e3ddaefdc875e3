#include <algorithm>
#include <cmath>
#include <limits>

#include <QAbstractItemView>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "tests/registry.h"
#include "widgets/predictions/predictions_model.h"
#include "widgets/predictions/predictions_page.h"
#include "widgets/style/theme.h"

using namespace eq::widgets;
using eq::train::PredictionFilter;
using eq::train::PredictionPage;
using eq::train::PredictionRequest;
using eq::train::SplitName;

namespace {

constexpr int kPatience = 20000;  // ms, for machines with much else to do

eq::train::Experiment pageWine() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"},
                         {"column": "alcohol", "kind": "number"}]},
    "tasks": [{"name": "cultivar"}, {"name": "alcohol"}],
    "model": {"id": "mlp", "hidden": [8]}, "optimizer": {"id": "adam", "lr": 0.01},
    "checkpoint_every": 20, "batch_size": 16, "epochs": 6, "threads": 1})"),
                                       eq::test::inSource("samples"));
}

std::vector<eq::TaskInfo> twoTasks() {
  return {{"digit", eq::TaskKind::classification, 3, {"zero", "one", "two"}, "", {}},
          {"weight", eq::TaskKind::regression, 1, {}, "kg", {}}};
}

/// Two examples of a run that goes on: a wrong one, and one whose prediction is no number.
PredictionPage livePage(const PredictionRequest& request) {
  PredictionPage page;
  page.request = request;
  page.step = 1200;
  page.info = twoTasks()[0];
  page.inputShape = {1, 2, 2};
  page.measure = "loss";
  page.counts.examples = 2;
  page.counts.nonfinite = 1;
  page.matching = 2;
  eq::train::PredictionRow nan;
  nan.example = {7, {0, 1, 2, 3}, {1}, {NAN, NAN, NAN}, {}, {}};
  nan.error = NAN;
  nan.finite = false;
  nan.targetClass = 1;
  eq::train::PredictionRow wrong;
  wrong.example = {3, {3, 2, 1, 0}, {0}, {0.25, 0.5, 0.25}, {}, {}};
  wrong.error = std::log(4.0);
  wrong.decided = 1;
  wrong.targetClass = 0;
  wrong.predictedClass = 1;
  page.rows = {nan, wrong};
  return page;
}

}  // namespace

class TestPredictionsPage : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<PredictionsPage> page_;
  QTemporaryDir folder_;
  std::filesystem::path run_;
  std::vector<eq::TaskInfo> tasks_;

  QComboBox* box(const char* name) const {
    for (auto* one : page_->findChildren<QComboBox*>())
      if (one->accessibleName() == name) return one;
    return nullptr;
  }
  QToolButton* button(const char* name) const {
    for (auto* one : page_->findChildren<QToolButton*>())
      if (one->accessibleName() == name) return one;
    return nullptr;
  }
  QString cell(int row, int column) const {
    return page_->model().index(row, column).data(Qt::AccessibleTextRole).toString();
  }
  /// As a person does: opens the list, goes to the entry, takes it.
  void choose(const char* name, const QString& entry) {
    auto* chosen = box(name);
    chosen->setFocus();
    QTest::keyClick(chosen, Qt::Key_Down, Qt::AltModifier);
    QTRY_VERIFY(chosen->view()->isVisible());
    QTest::keyClick(chosen->view(), Qt::Key_Home);
    const int index = chosen->findText(entry);
    QVERIFY2(index >= 0, qPrintable(entry));
    for (int i = 0; i < index; ++i) QTest::keyClick(chosen->view(), Qt::Key_Down);
    QTest::keyClick(chosen->view(), Qt::Key_Return);
    QCOMPARE(chosen->currentText(), entry);
  }

 private slots:
  void initTestCase() {
    auto runner = eq::run::Runner::start(pageWine(), folder_.path().toStdString());
    while (!runner->finished()) runner->step();
    runner->close();
    run_ = runner->folder();
    tasks_ = eq::run::RunReader(run_).taskInfos();
  }
  void init() {
    page_ = std::make_unique<PredictionsPage>();
    page_->resize(900, 600);
    page_->show();
    page_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(page_.get()));
  }
  void cleanup() { page_.reset(); }

  void withoutARunItSaysWhatToDo() {
    QVERIFY(page_->words().startsWith("No run in focus"));
    QVERIFY(!page_->findChild<QTableView*>()->isVisible());
    QVERIFY(!box("Task")->isEnabled());
  }

  void aRunWithoutCheckpointsSaysSo() {
    QTemporaryDir empty;
    page_->showRecorded(empty.path().toStdString(), tasks_, std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(page_->words().contains("no checkpoint"), kPatience);
  }

  void aRecordedRunIsEvaluated() {
    page_->showRecorded(run_, tasks_, std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() > 0, kPatience);
    const auto& page = page_->model().page();
    const auto evaluations = eq::run::RunReader(run_).evaluations();
    double recorded = -1;
    for (const auto& one : evaluations)
      if (one.split == SplitName::validation) recorded = one.tasks.at(0).at("accuracy");
    QCOMPARE(page.counts.accuracy, recorded);
    QVERIFY(page_->words().contains(QString("Checkpoint of step")));
    double last = std::numeric_limits<double>::infinity();
    for (int row = 0; row < page_->model().rowCount(); ++row) {
      const auto loss = page_->model().index(row, PredictionsModel::kError).data(Qt::UserRole);
      QVERIFY(loss.toDouble() <= last);
      last = loss.toDouble();
    }
    QVERIFY(cell(0, PredictionsModel::kInput).contains("malic_acid "));
    QVERIFY(page_->findChild<QTableView*>()->isVisible());
  }

  void choicesFilter() {
    page_->showRecorded(run_, tasks_, std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() > 0, kPatience);
    choose("Split", "Training");
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().page().request.split == SplitName::train, kPatience);
    QCOMPARE(page_->model().rowCount(), 50);
    QVERIFY(!button("Worse examples")->isEnabled());
    const auto worst = cell(0, PredictionsModel::kExample);
    QTest::mouseClick(button("Better examples"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(page_->model().page().request.first, std::int64_t{50}, kPatience);
    QVERIFY(cell(0, PredictionsModel::kExample) != worst);
    choose("True class", "1");
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().page().request.filter.target == 1, kPatience);
    QCOMPARE(page_->model().page().request.first, std::int64_t{0});
    for (int row = 0; row < page_->model().rowCount(); ++row)
      QCOMPARE(cell(row, PredictionsModel::kTarget), QString("1"));
    choose("Task", "alcohol");
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().page().info.name == "alcohol", kPatience);
    QVERIFY(!box("True class")->isEnabled());
    QVERIFY(!box("Right or wrong")->isEnabled());
    const auto& row = page_->model().page().rows.at(0);
    const double difference = row.example.output.at(0) - row.example.target.at(0);
    const auto shown = page_->model().index(0, PredictionsModel::kJudgement).data(Qt::UserRole);
    QCOMPARE(shown.toDouble(), difference);
  }

  void theCursorChoosesTheCheckpoint() {
    page_->showRecorded(run_, tasks_, std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() > 0, kPatience);
    page_->setCursorStep(23);
    QTRY_COMPARE_WITH_TIMEOUT(page_->model().page().step, std::int64_t{20}, kPatience);
    QVERIFY(page_->words().contains("the cursor is at step 23"));
  }

  void cancelEndsTheEvaluation() {
    page_->showRecorded(run_, tasks_, std::nullopt);
    QTRY_VERIFY(button("Cancel the evaluation")->isVisible());
    QTest::mouseClick(button("Cancel the evaluation"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!page_->isBusy(), kPatience);
    QVERIFY(page_->words().contains("cancelled"));
    QCOMPARE(page_->model().rowCount(), 0);
    QTest::mouseClick(button("Evaluate the recorded run again"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() > 0, kPatience);
  }

  /// The session is asked only while somebody looks.
  void aRunThatGoesOnIsAskedWhileItIsSeen() {
    QSignalSpy wanted(page_.get(), &PredictionsPage::liveWanted);
    page_->showLive(twoTasks());
    QCOMPARE(wanted.size(), 1);
    const auto asked = wanted.takeFirst().at(0).value<std::optional<PredictionRequest>>();
    QVERIFY(asked.has_value());
    page_->takePage(livePage(*asked));
    QCOMPARE(page_->model().rowCount(), 2);
    QVERIFY(page_->words().contains("1 predicted as no finite number"));
    page_->hide();
    QCOMPARE(wanted.size(), 1);
    QVERIFY(!wanted.takeFirst().at(0).value<std::optional<PredictionRequest>>().has_value());
    page_->show();
    QCOMPARE(wanted.size(), 1);
  }

  void whatIsNoNumberStandsOut() {
    QSignalSpy wanted(page_.get(), &PredictionsPage::liveWanted);
    page_->showLive(twoTasks());
    page_->takePage(livePage(*wanted.takeFirst().at(0).value<std::optional<PredictionRequest>>()));
    QCOMPARE(cell(0, PredictionsModel::kPrediction), QString("not finite"));
    QCOMPARE(cell(0, PredictionsModel::kJudgement), QString("nan"));
    QCOMPARE(cell(0, PredictionsModel::kError), QString("nan"));
    QCOMPARE(cell(1, PredictionsModel::kPrediction), QString("one"));
    QCOMPARE(cell(1, PredictionsModel::kJudgement), QString("50.0 %"));
    const auto picture = page_->model().index(1, PredictionsModel::kInput).data(Qt::DecorationRole);
    QCOMPARE(picture.value<QPixmap>().size(), QSize(56, 56));
    const auto colour =
        page_->model().index(1, PredictionsModel::kPrediction).data(Qt::ForegroundRole);
    QCOMPARE(colour.value<QColor>(), plotColours(themeOf(*page_)).alarm);
  }

  /// Maps beside their error; the colours of classes are named.
  void mapsAreDrawnWithALegend() {
    QSignalSpy wanted(page_.get(), &PredictionsPage::liveWanted);
    page_->showLive({{"rooms", eq::TaskKind::segmentation, 2, {"wall", "<floor>"}, "", {1, 2}}});
    auto page = livePage(*wanted.takeFirst().at(0).value<std::optional<PredictionRequest>>());
    page.info = {"rooms", eq::TaskKind::segmentation, 2, {"wall", "<floor>"}, "", {1, 2}};
    page.rows = {page.rows[1]};
    page.rows[0].example.target = {0, 1};
    page.rows[0].example.output = {0, 0};
    page.rows[0].decided = 2;
    page.rows[0].right = 1;
    page_->takePage(page);
    for (const int column :
         {PredictionsModel::kTarget, PredictionsModel::kPrediction, PredictionsModel::kJudgement}) {
      const auto picture = page_->model().index(0, column).data(Qt::DecorationRole);
      QCOMPARE(picture.value<QPixmap>().size(), QSize(112, 56));
    }
    QCOMPARE(cell(0, PredictionsModel::kJudgement), QString("50.0 % wrong"));
    const auto labels = page_->findChildren<QLabel*>();
    QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
      return label->isVisible() && label->text().contains("&lt;floor&gt;");
    }));
  }

  void theTableIsCopied() {
    page_->showRecorded(run_, tasks_, std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() > 0, kPatience);
    auto* view = page_->findChild<QTableView*>();
    view->setFocus();
    view->clearSelection();
    QTest::keyClick(view, Qt::Key_C, Qt::ControlModifier);
    const auto lines = QApplication::clipboard()->text().trimmed().split('\n');
    QCOMPARE(lines.size(), page_->model().rowCount() + 1);
    QVERIFY(lines[0].startsWith("Example\tInput\tTarget\tPrediction\tConfidence\tLoss"));
  }

  void aCellOfConfusionIsShown() {
    page_->showRecorded(run_, tasks_, std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() > 0, kPatience);
    page_->choose(0, SplitName::train, 2, 2);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().page().request.filter.predicted == 2, kPatience);
    QCOMPARE(page_->model().page().request.split, SplitName::train);
    for (const auto& row : page_->model().page().rows) {
      QCOMPARE(row.targetClass, std::int64_t{2});
      QCOMPARE(row.predictedClass, std::int64_t{2});
    }
  }
};

EQUIPOISE_TEST(TestPredictionsPage)
#include "tst_predictions_page.moc"
