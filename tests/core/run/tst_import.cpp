#include <cmath>
#include <fstream>
#include <limits>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/database.h"
#include "core/run/exchange/csv_export.h"
#include "core/run/exchange/import_files.h"
#include "core/run/exchange/import_kinds.h"
#include "core/run/exchange/tensorboard.h"
#include "core/run/run_folder.h"
#include "core/run/series_export.h"
#include "core/study/recorded_run.h"
#include "core/train/experiment.h"
#include "tests/registry.h"

using namespace eq;
using namespace eq::run;
using nlohmann::json;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Two steps with conflicts and an evaluation, in numbers that single precision has.
test::RecordedRun recorded() {
  test::RecordedRun run;
  for (int step = 1; step <= 2; ++step) {
    train::StepRecord record;
    record.step = step;
    record.epoch = 0.5 * step;
    record.examples = 8 * step;
    record.seconds = step;
    record.learningRate = 0.25;
    record.losses = {1.0 / step, step == 2 ? kNone : 4};
    record.weights = {0.5, 1.5};
    record.conflict =
        train::ConflictRecord{train::GradientSource::exact, {1, 2}, {1, 0.5, 0.5, 1}, 3, 5, 7};
    run.records.steps.push_back(record);
  }
  return run.at(2, train::SplitName::validation, {0.75, 1, 0.5, 2});
}

json seriesOf(const std::filesystem::path& folder) {
  auto rows = json::parse(seriesAsJson(RunReader(folder)));
  for (auto& row : rows) {
    row.erase("source");
    row.erase("seconds");  // wall times have no more digits than that
  }
  return rows;
}

}  // namespace

class TestImport : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void aRunComesBackFromTensorBoardAsItWas() {
    const auto original = recorded().write(place() / "run");
    writeEventFile(RunReader(original), place() / "board" / "one");
    const auto imported = importRuns(place() / "board");
    QCOMPARE(imported.size(), std::size_t(1));
    QCOMPARE(imported[0].name, std::string("one"));
    const auto folder = writeImported(imported[0], place() / "runs").folder;
    QVERIFY2(seriesOf(folder) == seriesOf(original), seriesOf(folder).dump().c_str());
    const RunReader reader(folder);
    QCOMPARE(reader.info().state, RunState::finished);
    QCOMPARE(reader.info().steps, std::int64_t(2));
    QVERIFY(reader.events()[0].text.starts_with("imported from TensorBoard: "));
  }

  void aRunComesBackFromItsCsv() {
    const auto original = recorded().write(place() / "run");
    write("mine.csv", seriesAsCsv(RunReader(original)));
    const auto imported = importRuns(place() / "mine.csv");
    QCOMPARE(imported.size(), std::size_t(1));
    const auto folder = writeImported(imported[0], place() / "runs").folder;
    QVERIFY2(seriesOf(folder) == seriesOf(original), seriesOf(folder).dump().c_str());
  }

  /// With W&B's and Aim's column names, which this program reads as theirs.
  void aRunComesBackFromItsCsvForOthers() {
    const auto folder = recorded().write(place() / "run");
    const RunReader reader(folder);
    const auto wandb = seriesAsWandbCsv(reader), aim = seriesAsAimCsv(reader);
    QVERIFY2(wandb.starts_with("_step,_runtime,_timestamp,condition_number,"), wandb.c_str());
    QVERIFY(wandb.find(",NaN") != std::string::npos);
    QVERIFY2(aim.starts_with("run.hash,run.name,metric.name,context,step,value\n"), aim.c_str());
    for (const auto& [name, text] : {std::pair{"wandb", wandb}, {"aim", aim}}) {
      write(std::string(name) + ".csv", text);
      QVERIFY(isOfOtherPrograms(place() / (std::string(name) + ".csv")));
      const auto runs = importRuns(place() / (std::string(name) + ".csv"));
      QCOMPARE(runs.size(), size_t{1});
      const auto back = seriesOf(writeImported(runs[0], place() / name).folder);
      QVERIFY2(back == seriesOf(folder), back.dump().c_str());
    }
  }

  void tablesOfDataAreNotTakenForTheirs() {
    write("table.csv", "step,price\n1,2\n");
    write("steps.csv", "Step,Height - cm\n1,2\n");
    write("text.csv", "_step_count,a\n1,2\n");
    QVERIFY(!isOfOtherPrograms(place() / "table.csv"));
    QVERIFY(isOfOtherPrograms(place() / "steps.csv"));  // as W&B's charts are
    QVERIFY(!isOfOtherPrograms(place() / "text.csv"));
    QVERIFY(!isOfOtherPrograms(place() / "none.csv"));
    QVERIFY(!isOfOtherPrograms(folder_->path().toStdString()));
    makeStudy(12);
    writeEventFile(RunReader(recorded().write(place() / "run")), (place() / "events"));
    QVERIFY(isOfOtherPrograms(place() / "events"));
    QVERIFY(!isOfOtherPrograms(place() / "run"));
  }

  void namesOfOthersTellSplitTaskAndMetric_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("parts");
    const auto row = [](const char* name, const char* parts) {
      QTest::newRow(name) << name << parts;
    };
    row("val/acc", "validation|all|accuracy");
    row("acc/validation", "validation|all|accuracy");
    row("val_loss", "validation|all|loss");
    row("Loss/train", "train|all|loss");
    row("loss", "train|all|loss");
    row("depth/test/rmse", "test|depth|rmse");
    row("seg/iou-eval", "validation|seg|iou");
    row("a/b/c", "train|a/b|c");
    row("latest", "train|all|latest");
    row("val", "validation|all|value");
    row("validation.left.accuracy", "validation|left|accuracy");
    row("val[\"50% yield\"].loss", "validation|50% yield|loss");
  }
  void namesOfOthersTellSplitTaskAndMetric() {
    QFETCH(QString, name);
    QFETCH(QString, parts);
    const auto found = placeOfSeries(name.toStdString());
    QVERIFY(found.kind == SeriesPlace::Kind::evaluation);
    QStringList list;
    for (const auto& part : found.parts) list << QString::fromStdString(part);
    QCOMPARE(list.join('|'), parts);
  }

  void aChartOfWandbIsARunAColumn() {
    write("wandb.csv",
          "\"Step\",\"lr - 0.1 - val/acc\",\"lr - 0.1 - val/acc__MIN\",\"lr - 0.1 - val/acc__MAX\","
          "\"second - val/acc\",\"second - _step\"\n"
          "0,0.5,0.5,0.5,,0\n10,NaN,0.6,0.6,0.25,10\n");
    const auto runs = importRuns(place() / "wandb.csv");
    QCOMPARE(runs.size(), std::size_t(2));
    QCOMPARE(runs[0].name, std::string("lr - 0.1"));
    QCOMPARE(runs[0].scalars.size(), std::size_t(2));
    QVERIFY(std::isnan(runs[0].scalars[1].value));
    QCOMPARE(runs[1].scalars.size(), std::size_t(1));
    QCOMPARE(runs[1].scalars[0].step, std::int64_t(10));
    const RunReader reader(writeImported(runs[1], place() / "runs").folder);
    QCOMPARE(reader.evaluations()[0].split, train::SplitName::validation);
    QCOMPARE(reader.evaluations()[0].tasks[0].at("accuracy"), 0.25);
    QVERIFY(reader.steps().empty());
  }

  void aHistoryOfWandbHasTimes() {
    write("run-7.csv",
          "_step,_timestamp,_runtime,loss,epoch\n0,1000,1,0.5,0\n1,1002.5,3.5,0.25,1\n");
    const auto runs = importRuns(place() / "run-7.csv");
    QCOMPARE(runs.size(), std::size_t(1));
    QCOMPARE(runs[0].name, std::string("run-7"));
    const RunReader reader(writeImported(runs[0], place() / "runs").folder);
    QCOMPARE(reader.evaluations().back().seconds, 2.5);
    QCOMPARE(reader.evaluations().back().tasks[0].at("epoch"), 1.0);
    // Nothing but evaluations tells its steps: each row has its own, and is read again.
    const auto rows = seriesOf(reader.folder());
    QCOMPARE(rows.size(), std::size_t(2));
    QVERIFY(rows[0].at("step") == 0 && rows[1].at("step") == 1);
    write("back.csv", seriesAsCsv(reader));
    QCOMPARE(importRuns(place() / "back.csv")[0].scalars.back().step, std::int64_t(1));
    QVERIFY(QByteArray::fromStdString(seriesAsWandbCsv(reader)).contains("\n1,2.5,"));
  }

  void aTableOfAimIsARunAHash() {
    write("aim.csv",
          "run.hash,metric.name,context,step,value\n"
          "ab,loss,\"{\"\"subset\"\": \"\"val\"\"}\",5,0.5\nab,loss,{},5,0.75\ncd,loss,,1,2\n");
    const auto runs = importRuns(place() / "aim.csv");
    QCOMPARE(runs.size(), std::size_t(2));
    const RunReader reader(writeImported(runs[0], place() / "runs").folder);
    const auto evaluations = reader.evaluations();
    QCOMPARE(evaluations.size(), std::size_t(2));
    QCOMPARE(evaluations[1].split, train::SplitName::validation);
    QCOMPARE(evaluations[1].tasks[0].at("loss"), 0.5);
    QCOMPARE(evaluations[0].tasks[0].at("loss"), 0.75);
  }

  /// The tables as Optuna 5.0.0 makes them (schema 12), as far as they are read.
  void trialsOfOptunaAreRunsWithTheirParameters() {
    makeStudy(12);
    const auto runs = importRuns(place() / "study.db");
    QCOMPARE(runs.size(), std::size_t(2));
    QCOMPARE(runs[0].name, std::string("digits trial 0"));
    QVERIFY(runs[0].fields == (json{{"lr", 0.25}, {"loss", "focal"}, {"layers", 3}}));
    QVERIFY(runs[1].state == RunState::failed);
    const auto written = writeImported(runs[0], place() / "runs");
    QCOMPARE(written.remarks.size(), std::size_t(2));
    QCOMPARE(written.remarks[0],
             std::string("the study MINIMIZES, MAXIMIZES (its objectives in order); tables here do "
                         "not say which value is better"));
    QCOMPARE(written.remarks[1],
             std::string("of this file these are left out, as they have no value: digits trial 2"));
    const RunReader reader(written.folder);
    const auto evaluations = reader.evaluations();
    QCOMPARE(evaluations.size(), std::size_t(3));
    QVERIFY(std::isinf(evaluations[0].tasks[0].at("value")));
    QCOMPARE(evaluations[2].split, train::SplitName::test);
    QCOMPARE(evaluations[2].step, std::int64_t(4));
    QCOMPARE(evaluations[2].tasks[0].at("value"), 0.5);
    QVERIFY(reader.experiment()["imported"]["fields"]["loss"] == "focal");
  }

  void anotherSchemaOfOptunaIsRefused() {
    makeStudy(11);
    try {
      importRuns(place() / "study.db");
      QFAIL("it was taken");
    } catch (const Error& error) {
      QVERIFY(QString::fromUtf8(error.what()).contains("schema 11, expected 12"));
    }
  }

  void theNewestOfSeveralValuesAtAStepCounts() {
    ImportedRun run;
    run.name = "twice";
    run.source = "TensorBoard";
    run.place = place();
    run.scalars = {{1, 5, "loss", 1}, {2, 5, "loss", 3}};
    const RunReader reader(writeImported(run, place() / "runs").folder);
    QCOMPARE(reader.evaluations().size(), std::size_t(1));
    QCOMPARE(reader.evaluations()[0].tasks[0].at("loss"), 3.0);
    QCOMPARE(reader.events().back().text,
             std::string("1 series have several values at one step, of which the newest counts: "
                         "loss (1 value replaced)"));
  }

  void twoSeriesOfOnePlaceAreNotMixed() {
    ImportedRun run;
    run.name = "twice";
    run.source = "TensorBoard";
    run.place = place();
    run.scalars = {{1, 5, "val/acc", 0.25}, {2, 5, "valid/accuracy", 0.75}, {3, 5, "val/f1", 1}};
    const RunReader reader(writeImported(run, place() / "runs").folder);
    QCOMPARE(reader.evaluations().size(), std::size_t(1));
    QCOMPARE(reader.evaluations()[0].tasks[0].at("accuracy"), 0.25);
    QCOMPARE(reader.evaluations()[0].tasks[0].at("f1"), 1.0);
    QCOMPARE(reader.events().back().text,
             std::string("1 series are left out: valid/accuracy (it would stand where val/acc "
                         "does)"));
  }

  void aFileThatIsCutOffIsToldInTheRun() {
    const auto original = recorded().write(place() / "run");
    const auto file = writeEventFile(RunReader(original), place() / "board");
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
    const auto runs = importRuns(place() / "board");
    const RunReader reader(writeImported(runs[0], place() / "runs").folder);
    QVERIFY(reader.events()[1].text.find("ends within a record at byte") != std::string::npos);
  }

  void mistakesNameTheirPlace_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("said");
    QTest::newRow("no step") << "a,b\n1,2\n"
                             << "expected a column Step";
    QTest::newRow("no number") << "step,loss\n1,2\n2,x\n"
                               << "in.csv:3: column \"loss\"";
    QTest::newRow("half a step") << "step,loss\n1.5,2\n"
                                 << "whole number of steps";
    QTest::newRow("no metric") << "run.hash,step,value\na,1,2\n"
                               << "metric.name";
    QTest::newRow("nothing") << "step,loss\n1,\n"
                             << "holds no values";
  }
  void mistakesNameTheirPlace() {
    QFETCH(QString, text);
    QFETCH(QString, said);
    write("in.csv", text.toStdString());
    try {
      importRuns(place() / "in.csv");
      QFAIL("it was taken");
    } catch (const Error& error) {
      QVERIFY2(QString::fromUtf8(error.what()).contains(said), error.what());
    }
  }

  void stepsBelowZeroAndFoldersWithoutEventsAreRefused() {
    ImportedRun run;
    run.name = "negative";
    run.scalars = {{1, -5, "loss", 1}};
    QVERIFY_EXCEPTION_THROWN(writeImported(run, place() / "runs"), Error);
    QVERIFY(!std::filesystem::exists(place() / "runs"));
    std::filesystem::create_directories(place() / "empty");
    QVERIFY_EXCEPTION_THROWN(importRuns(place() / "empty"), Error);
    QVERIFY_EXCEPTION_THROWN(importRuns(place() / "nothing"), Error);
  }

  void anImportedRunIsNoExperiment() {
    const auto original = recorded().write(place() / "run");
    writeEventFile(RunReader(original), place() / "board");
    const auto folder = writeImported(importRuns(place() / "board")[0], place() / "runs").folder;
    try {
      train::readExperiment(folder / "experiment.json");
      QFAIL("it was taken");
    } catch (const Error& error) {
      QVERIFY2(QString::fromUtf8(error.what()).contains("record of a run of another program"),
               error.what());
    }
  }

 private:
  std::filesystem::path place() const { return folder_->path().toStdString(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(place() / name) << text;
  }

  void makeStudy(int schema) const {
    Database database(place() / "study.db", Database::Mode::create);
    database.execute(
        ("CREATE TABLE version_info (schema_version INTEGER);"
         "INSERT INTO version_info VALUES (" +
         std::to_string(schema) +
         ");"
         "CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR);"
         "INSERT INTO studies VALUES (1, 'digits');"
         "CREATE TABLE study_directions (direction VARCHAR, study_id INTEGER, objective INTEGER);"
         "INSERT INTO study_directions VALUES ('MAXIMIZE', 1, 1), ('MINIMIZE', 1, 0);"
         "CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER,"
         " state VARCHAR);"
         "INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE'), (2, 1, 1, 'FAIL'), (3, 2, 1, 'WAITING');"
         "CREATE TABLE trial_params (trial_id INTEGER, param_name VARCHAR, param_value FLOAT,"
         " distribution_json TEXT);"
         "INSERT INTO trial_params VALUES"
         " (1, 'lr', 0.25, '{\"name\": \"FloatDistribution\", \"attributes\": {}}'),"
         " (1, 'loss', 1.0, '{\"name\": \"CategoricalDistribution\", \"attributes\":"
         " {\"choices\": [\"ce\", \"focal\"]}}'),"
         " (1, 'layers', 3.0, '{\"name\": \"IntDistribution\", \"attributes\": {}}');"
         "CREATE TABLE trial_values (trial_id INTEGER, objective INTEGER, value FLOAT,"
         " value_type VARCHAR);"
         "INSERT INTO trial_values VALUES (1, 0, 0.5, 'FINITE');"
         "CREATE TABLE trial_intermediate_values (trial_id INTEGER, step INTEGER,"
         " intermediate_value FLOAT, intermediate_value_type VARCHAR);"
         "INSERT INTO trial_intermediate_values VALUES (1, 4, 0.75, 'FINITE'),"
         " (1, 2, NULL, 'INF_POS'), (2, 0, 1.0, 'FINITE');")
            .c_str());
  }

  std::unique_ptr<QTemporaryDir> folder_;
};

EQUIPOISE_TEST(TestImport)
#include "tst_import.moc"
