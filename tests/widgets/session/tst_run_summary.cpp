#include <QTemporaryDir>
#include <QTest>

#include "tests/registry.h"
#include "widgets/runs/runs_model.h"
#include "widgets/session/run_summary.h"

using namespace eq;
using namespace eq::widgets;

namespace {

run::RunWriter::Start startOf(const std::string& task) {
  run::RunWriter::Start start;
  start.experiment = {{"name", "x"}};
  start.tasks.emplace_back();
  start.tasks.back().name = task;
  return start;
}

train::EvaluationRecord evaluationOf(train::SplitName split, double accuracy) {
  train::EvaluationRecord evaluation;
  evaluation.split = split;
  evaluation.tasks = {{{"accuracy", accuracy}}};
  return evaluation;
}

}  // namespace

class TestRunSummary : public QObject {
  Q_OBJECT

 private slots:
  void tellsValuesWithTheirIntervals() {
    QTemporaryDir folder;
    const std::filesystem::path place = folder.path().toStdString();
    const auto writer = run::RunWriter::create(place, startOf("a<b"));
    run::Records records;
    records.evaluations = {evaluationOf(train::SplitName::validation, 0.5),
                           evaluationOf(train::SplitName::validation, 0.9),
                           evaluationOf(train::SplitName::test, 0.875)};
    records.intervals = {
        {train::SplitName::validation, {{0, {{"accuracy", {0.85, 0.95, 0.95, 200}}}}}}};
    writer->append(records);
    run::RunInfo info;
    info.folder = place;
    const QString text = runSummary(info);
    QVERIFY(text.contains("a&lt;b accuracy"));
    QVERIFY(text.contains("0.9 [0.85, 0.95]"));
    QVERIFY(text.contains("<td>0.875&nbsp;"));
    QVERIFY(!text.contains("0.5"));
    QVERIFY(text.contains("95 % bootstrap over examples, 200 resamples"));
    RunsModel model;
    model.setRuns({info});
    QCOMPARE(model.data(model.index(0, 0), Qt::ToolTipRole).toString(), text);
  }

  void namesTheFolderThatCannotBeRead() {
    run::RunInfo info;
    info.folder = "/nowhere/at/all";
    info.message = "out of <memory>";
    QCOMPARE(runSummary(info), QString("<qt>out of &lt;memory&gt;<br>/nowhere/at/all</qt>"));
  }
};

EQUIPOISE_TEST(TestRunSummary)
#include "tst_run_summary.moc"
