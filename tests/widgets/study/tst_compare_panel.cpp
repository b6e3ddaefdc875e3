#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "core/study/comparison_text.h"
#include "core/study/recorded_run.h"
#include "tests/registry.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"
#include "widgets/study/compare_panel.h"
#include "widgets/study/differences_view.h"
#include "widgets/study/single_task_bar.h"
#include "widgets/study/tests_model.h"
#include "widgets/style/field_problem.h"

using namespace eq;
using namespace eq::widgets;
using eq::test::RecordedRun;

namespace {

constexpr int kSoon = 20000;  // ms, for machines with much else to do

}  // namespace

class TestComparePanel : public QObject {
  Q_OBJECT

 private slots:
  /// Two losses, six seeds: cross-entropy ends at 0.1, 0.2 ... 0.6, squentropy 0.05 higher.
  void init() {
    place_ = std::make_unique<QTemporaryDir>();
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, place_->filePath("settings"));
    QSettings().remove("compare/single");
    for (int seed = 1; seed <= 6; ++seed)
      for (const bool other : {false, true})
        RecordedRun()
            .set("/seed", seed)
            .set("/tasks/0/loss/id", other ? "squentropy" : "cross_entropy")
            .ending(0.1 * seed + (other ? 0.05 : 0))
            .write(at(other, seed));
    shown_ = std::make_unique<ShownRuns>(focus_);
    panel_ = std::make_unique<ComparePanel>(workspace(), *shown_);
    panel_->resize(900, 500);
    panel_->show();
  }
  void cleanup() {
    panel_.reset();
    shown_.reset();
  }

  /// Mean 0.35 and, by Student's t with 5 degrees of freedom (2.570582), 0.35 -/+ 0.196331: closed
  /// form of 0.1, 0.2 ... 0.6.
  void groupsOfSeedsHaveMeanAndInterval() {
    choose(6);
    QCOMPARE(table(0)->model()->rowCount(), 2);
    QCOMPARE(cell(0, 0, 0), QString("A: cross_entropy"));
    QCOMPARE(cell(0, 0, 1), QString("6"));
    QCOMPARE(headers(0), (QStringList{"Group", "n", "left accuracy ↑", "left loss",
                                      "right accuracy ↑", "right loss ↓", "mean rank ↓"}));
    QCOMPARE(cell(0, 0, 2), QString("0.35 [0.1537, 0.5463]"));
    QCOMPARE(cell(0, 1, 2), QString("0.4 [0.2037, 0.5963]"));
  }

  /// Six differences of one sign: p = 2/2^6 (Wilcoxon, exact); equal ones: t test p 0.
  void aPinnedBaselineIsTestedInPairsOfEqualSeed() {
    choose(6);
    shown_->setBaseline(at(false, 1));
    settle();
    auto* tests = table(1);
    QCOMPARE(tests->model()->rowCount(), 3);  // left's losses are not the same measure
    QCOMPARE(cell(1, 0, TestsModel::kGroups), QString("B − A"));
    QCOMPARE(cell(1, 0, TestsModel::kPairs), QString("6"));
    QCOMPARE(cell(1, 0, TestsModel::kDifference), QString("0.05"));
    QCOMPARE(cell(1, 0, TestsModel::kWilcoxon), QString("0.03125"));
    QCOMPARE(cell(1, 0, TestsModel::kWilcoxonHolm), QString("0.09375"));  // three tests
    QVERIFY(cell(1, 0, TestsModel::kSays).contains("by t alone"));
    auto* baseline = panel_->findChild<QComboBox*>("baseline");
    QCOMPARE(baseline->currentText(), QString("against A: cross_entropy"));
    const auto& same = panel_->comparison()->comparison;
    const auto runs =
        study::readComparisonRuns(folders(6), {}, study::valueChoice("final", "test"));
    const auto asked = study::compare(runs.runs, {}, {{}, {"tasks[0].loss.id=cross_entropy"}});
    QVERIFY(study::toJson(same)["tests"] == study::toJson(asked)["tests"]);
  }

  void differencesToTheBaselineReplaceTheValues() {
    choose(6);
    shown_->setBaseline(at(false, 1));
    settle();
    panel_->findChild<QAbstractButton*>("differences")->click();
    QCOMPARE(cell(0, 1, 2), QString("+0.05"));
    QCOMPARE(cell(0, 0, 2), QString("0.35 [0.1537, 0.5463]"));  // the baseline itself
  }

  void fewerThanFivePairsCannotTell() {
    choose(4);
    shown_->setBaseline(at(false, 1));
    settle();
    QCOMPARE(cell(1, 0, TestsModel::kWilcoxon), QString("–"));
    QVERIFY(cell(1, 0, TestsModel::kSays).contains("4 pairs of equal seed"));
    QVERIFY(cell(1, 0, TestsModel::kSays).contains("cannot be told"));
  }

  void groupsAreMadeByTypedFieldsAndAMistakeKeepsWhatWasTyped() {
    choose(2);
    auto* by = panel_->findChild<QLineEdit*>("by");
    by->setFocus();
    QTest::keyClicks(by, "seed");
    settle();
    QCOMPARE(cell(0, 0, 0), QString("A: seed 1"));
    QTest::keyClicks(by, ", tasks[0].los.id");
    settle();
    QVERIFY(isMarked(*by));
    QVERIFY2(panel_->remarks().contains("tasks[0].los.id"), qPrintable(panel_->remarks()));
    QCOMPARE(by->text(), QString("seed, tasks[0].los.id"));
    QCOMPARE(cell(0, 0, 0), QString("A: seed 1"));  // what stood there
  }

  void aSplitThatNobodyEvaluatedIsTold() {
    choose(2);
    panel_->findChild<QComboBox*>("split")->setCurrentText("validation");
    settle();
    QVERIFY2(panel_->remarks().contains("no run was evaluated on the validation split"),
             qPrintable(panel_->remarks()));
  }

  /// Baselines end at 0.5: accuracy 0.35 is 30 % worse, cross-entropy of equal seeds.
  void singleTaskRunsOfAFolderGiveTheChangeOfEachTask() {
    for (const int task : {0, 1})
      RecordedRun()
          .set("/tasks/" + std::to_string(task) + "/enabled", false)
          .ending(0.5)
          .write(workspace() / "alone" / std::to_string(task));
    choose(6);
    panel_->findChild<SingleTaskBar*>()->findChild<QLineEdit*>()->setText(
        QString::fromStdString((workspace() / "alone").string()));
    QTRY_VERIFY_WITH_TIMEOUT(headers(0).contains("Δm % ↓"), kSoon);
    const auto column = static_cast<int>(headers(0).indexOf("Δm % ↓"));
    QCOMPARE(cell(0, 0, column), QString("30"));
    QCOMPARE(headers(0).mid(column),
             (QStringList{"Δm % ↓", "Δ left % ↓", "Δ right % ↓", "mean rank ↓"}));
  }

  void theChosenRowsOfTheTableCanBeComparedInstead() {
    panel_->setChosen({at(false, 1), at(false, 2)});
    panel_->setSource(ComparePanel::kChosen);
    settle();
    QCOMPARE(cell(0, 0, 0), QString("A: all runs"));
    QCOMPARE(cell(0, 0, 1), QString("2"));
  }

  void onlyWhatDiffersIsCopiedAsText() {
    choose(1);
    auto* what = panel_->findChild<DifferencesView*>();
    QTRY_COMPARE_WITH_TIMEOUT(what->text(),
                              QString("tasks[0].loss.id: cross_entropy | squentropy\n"), kSoon);
    what->findChild<QPushButton*>()->click();
    QCOMPARE(QGuiApplication::clipboard()->text(), what->text());
  }

  void pathsOfAnExperimentAreMadeAbsoluteWhereTheyNameSomething() {
    QVERIFY(QDir(place_->path()).mkpath("data"));
    const auto from = std::filesystem::path(place_->path().toStdString());
    const auto out = withAbsolutePaths(
        {{"data", {{"path", "data"}, {"folder", "elsewhere"}}}, {"name", "data"}}, from);
    QCOMPARE(out["data"]["path"].get<std::string>(), (from / "data").string());
    QCOMPARE(out["data"]["folder"].get<std::string>(), std::string("elsewhere"));
    QCOMPARE(out["name"].get<std::string>(), std::string("data"));
  }

 private:
  std::filesystem::path workspace() const { return place_->filePath("runs").toStdString(); }
  std::filesystem::path at(bool other, int seed) const {
    return workspace() / ((other ? "sq" : "ce") + std::to_string(seed));
  }
  std::vector<std::filesystem::path> folders(int seeds) const {
    std::vector<std::filesystem::path> folders;
    for (int seed = 1; seed <= seeds; ++seed)
      for (const bool other : {false, true}) folders.push_back(at(other, seed));
    return folders;
  }
  /// The first seeds of both losses, as the chosen ones.
  void choose(int seeds) {
    panel_->setChosen(folders(seeds));
    panel_->setSource(ComparePanel::kChosen);
    settle();
  }
  void settle() const {
    QTRY_VERIFY_WITH_TIMEOUT(panel_->isUpToDate() && !panel_->remarks().contains("reads"), kSoon);
  }
  QTableView* table(int tab) const {
    return qobject_cast<QTableView*>(panel_->findChild<QTabWidget*>()->widget(tab));
  }
  QString cell(int tab, int row, int column) const {
    return table(tab)->model()->index(row, column).data().toString();
  }
  QStringList headers(int tab) const {
    QStringList texts;
    for (int i = 0; i < table(tab)->model()->columnCount(); ++i)
      texts << table(tab)->model()->headerData(i, Qt::Horizontal).toString();
    return texts;
  }

  std::unique_ptr<QTemporaryDir> place_;
  RunData focus_;
  std::unique_ptr<ShownRuns> shown_;
  std::unique_ptr<ComparePanel> panel_;
};

EQUIPOISE_TEST(TestComparePanel)
#include "tst_compare_panel.moc"
