// Run folders that are damaged, or were made to do harm: each is refused with a line that names the
// file and what is wrong in it.
#include <functional>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/database.h"
#include "core/run/run_folder.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using namespace eq::run;

namespace {

/// A run of two tasks: three steps, the second with conflicts; two evaluations, the second with a
/// report of two classes and an interval; one event.
void fill(const fs::path& folder) {
  RunWriter::Start start;
  start.experiment = {{"name", "hostile"}};
  start.tasks = {{"left", eq::TaskKind::regression, 1, {}, "", {}},
                 {"right", eq::TaskKind::classification, 2, {"a", "b"}, "", {}}};
  Records records;
  for (std::int64_t step = 1; step <= 3; ++step)
    records.steps.push_back({step, 0.5, step, 0.5, 0.1, {1, 2}, {1, 1}, {}, {}});
  records.steps[1].conflict = {
      eq::train::GradientSource::exact, {1, 2}, {1, 0.5, 0.5, 1}, 2.0, 1.0, 1.0};
  const auto split = eq::train::SplitName::validation;
  records.evaluations.push_back({0, 0, 0, split, {{{"loss", 1}}, {{"loss", 2}}}});
  records.evaluations.push_back({3, 1, 1, split, {{{"loss", 1}}, {{"loss", 2}}}});
  records.evaluations[1].reports[1] = {2, {5, 0, 1, 7}, {{2, 1.5, 1}}};
  records.events.push_back({1, 0.5, "note", "x", nlohmann::json::object()});
  records.intervals.push_back({split, {{0, {{"loss", {0, 1, 0.95, 9}}}}}});
  RunWriter::create(folder, start)->append(records);
}

/// All that `show`, `export` and the window read.
void readAll(const fs::path& folder) {
  const RunReader reader(folder);
  reader.info();
  reader.tasks();
  reader.taskInfos();
  reader.steps();
  reader.evaluations();
  reader.newestEvaluations();
  reader.events();
}

QByteArray messageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

class TestHostileRuns : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir temporary_;
  int made_ = 0;

  fs::path freshRun() {
    const auto folder =
        fs::path(temporary_.path().toStdString()) / ("run" + std::to_string(made_++));
    fs::create_directory(folder);
    fill(folder);
    return folder;
  }

  static void addRow(const char* name, const char* sql, const char* message) {
    QTest::newRow(name) << QByteArray(sql) << QByteArray(message);
  }
  static void addInfoRow(const char* name, const char* key, const QByteArray& value,
                         const char* message) {
    QTest::newRow(name) << "UPDATE info SET value = '" + value + "' WHERE key = '" + key + "'"
                        << QByteArray(message);
  }

 private Q_SLOTS:
  void readsARunThatIsWhole() { readAll(freshRun()); }

  void refusesHostileRows_data() {
    QTest::addColumn<QByteArray>("sql");
    QTest::addColumn<QByteArray>("message");
    addRow("view", "CREATE VIEW v AS SELECT 1", "v is a view, expected tables");
    addRow("trigger", "CREATE TRIGGER t AFTER INSERT ON steps BEGIN DELETE FROM info; END",
           "t is a trigger, expected tables");
    addRow("virtual table", "CREATE VIRTUAL TABLE v USING fts5(a)",
           "v is a virtual table, expected tables");
    addRow("no table", "DROP TABLE steps", "no such table: steps");
    addRow("other columns", "DROP TABLE steps; CREATE TABLE steps (a)", "no such column: step");

    addRow("loss without task", "DELETE FROM task_steps WHERE step = 2 AND task = 0",
           "step 2 has a row of task 1 after 0 others");
    addRow("loss of a negative task", "UPDATE task_steps SET task = -1 WHERE task = 0",
           "a row is of task -1");
    addRow("loss of a huge task", "UPDATE task_steps SET task = 4096 WHERE task = 1",
           "a row is of task 4096");
    addRow("term of a negative task", "INSERT INTO terms VALUES (1, -3, 0, 'x', 1)",
           "a row is of task -3");
    addRow("value of a huge task",
           "UPDATE evaluation_values SET task = 9223372036854775807 WHERE task = 1",
           "a row is of task 9223372036854775807");
    addRow("report of a negative task", "UPDATE class_reports SET task = -2",
           "a row is of task -2");
    addRow("interval of a huge task", "UPDATE intervals SET task = 5000", "a row is of task 5000");

    addRow("a layer's cosines without norms",
           "INSERT INTO layer_conflicts VALUES (2, 0, 'x', x'', zeroblob(16))",
           "layer_conflicts has 2 cosines of 0 norms where conflicts has 2 norms");
    addRow("a look ahead without losses", "INSERT INTO affinities VALUES (2, x'', zeroblob(16))",
           "affinities has 2 losses after the steps of 0 tasks");
    addRow("a preference of a second task alone", "INSERT INTO preferences VALUES (2, 0, 1, 0.5)",
           "preferences has a row of task 1 after 0 others");
    addRow("a front without its first point", "INSERT INTO fronts VALUES (1, 1, 0, 1, 0.5, '{}')",
           "fronts has a row of point 1 and task 0 after 0 points");
    addRow("a front of a huge task", "INSERT INTO fronts VALUES (1, 0, 4096, 1, 0.5, '{}')",
           "a row is of task 4096");
    addRow("a front with a list of metrics", "INSERT INTO fronts VALUES (1, 0, 0, 1, 0.5, '[1]')",
           "fronts has metrics that are no object: [1]");
    addRow("a front with a text for a metric",
           "INSERT INTO fronts VALUES (1, 0, 0, 1, 0.5, '{\"mae\": \"x\"}')",
           "fronts has \"x\" where mae is a number");
    addRow("an observation of another shape",
           "INSERT INTO observations VALUES (2, 'gate', 0, '', x'', zeroblob(16))",
           "observations has 2 numbers of gate that do not fit their shape");
    addRow("an observation of half a row",
           "INSERT INTO observations VALUES (2, 'gate', 0, '', x'000000000000E03F', zeroblob(8))",
           "observations has 1 numbers of gate that do not fit their shape");
    addRow("an observation of too many dimensions",
           "INSERT INTO observations VALUES (2, 'gate', 0, '', zeroblob(72), x'')",
           "observations has 0 numbers of gate that do not fit their shape");
    addRow("an observation of a huge task",
           "INSERT INTO observations VALUES (2, 'gate', 4096, '', x'', zeroblob(8))",
           "a row is of task 4096");
    addRow("cosines without norms", "UPDATE conflicts SET norms = x''",
           "conflicts has 4 cosines of 0 norms");
    addRow("half a cosine", "UPDATE conflicts SET cosines = x'0011'",
           "conflicts has 0 cosines of 2 norms");
    addRow("more classes", "UPDATE class_reports SET classes = 3",
           "class_reports has 4 cells and 3 numbers of bins for 3 classes");
    addRow("negative classes", "UPDATE class_reports SET classes = -2",
           "class_reports has 4 cells and 3 numbers of bins for -2 classes");
    addRow("overflowing classes", "UPDATE class_reports SET classes = 4294967298",
           "class_reports has 4 cells and 3 numbers of bins for 4294967298 classes");
    addRow("a bin's half", "UPDATE class_reports SET bins = zeroblob(16)",
           "class_reports has 4 cells and 2 numbers of bins for 2 classes");

    addInfoRow("no experiment", "experiment", "", "run.sqlite: experiment:1:1: not JSON");
    addInfoRow("half an experiment", "experiment", R"({"name": )", ": experiment:1:10: not JSON");
    addInfoRow("a list as experiment", "experiment", "[]",
               ": experiment: [] does not belong here; take a copy of the run");
    addInfoRow("a number as name", "experiment", R"({"name": 3})",
               ": experiment.name: 3 does not belong here; take a copy of the run");
    addInfoRow("deep experiment", "experiment", QByteArray(100'000, '['),
               ": experiment:1:65: more than 64 brackets stand within each other");
    addInfoRow("tasks by name", "tasks", R"({"a": 1})", R"(: tasks: {"a":1} does not belong here)");
    addInfoRow("a number as task", "tasks", "[1]", ": tasks: [1] does not belong here");
    addInfoRow("infos by name", "task_infos", "{}", ": task_infos: {} does not belong here");
    addInfoRow("a number as info", "task_infos", "[3]", ": task_infos: 3 does not belong here");
    addInfoRow("half an info", "task_infos", R"([{"name": "a"}])",
               R"(: task_infos: {"name":"a"} does not belong here)");
    addInfoRow("no such kind", "task_infos", R"([{"name": "a", "kind": "x"}])",
               R"(: task_infos: {"kind":"x","name":"a"} does not belong here)");
    addRow("event", "UPDATE events SET detail = 'x'", "run.sqlite: events:1:1: not JSON");
  }

  void refusesHostileRows() {
    QFETCH(QByteArray, sql);
    QFETCH(QByteArray, message);
    const auto folder = freshRun();
    const auto file = databaseFile(folder);
    Database(file, Database::Mode::write).execute(sql.constData());
    const auto found = messageOf([&] { readAll(folder); });
    QVERIFY2(found.startsWith(file.c_str()), found);
    QVERIFY2(found.contains(message), found);
  }

  /// A resumed run is written: what acts on writing must not get that far.
  void refusesToWriteWhereTriggersAct() {
    const auto folder = freshRun();
    Database(databaseFile(folder), Database::Mode::write)
        .execute("CREATE TRIGGER t AFTER UPDATE ON info BEGIN DELETE FROM steps; END");
    const auto found = messageOf([&] { RunWriter::open(folder); });
    QVERIFY2(found.contains("t is a trigger, expected tables"), found);
  }

  void refusesFilesThatAreCutOrOverwritten_data() {
    QTest::addColumn<int>("kept");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("empty") << 0 << QByteArray("no such table: info");
    QTest::newRow("half a header") << 50 << QByteArray("the file is damaged: take a copy of it");
    QTest::newRow("one page") << 4096 << QByteArray("the file is damaged: take a copy of it");
  }
  void refusesFilesThatAreCutOrOverwritten() {
    QFETCH(int, kept);
    QFETCH(QByteArray, message);
    const auto folder = freshRun();
    const auto file = databaseFile(folder);
    writeAtomically(file, readWhole(file).substr(0, static_cast<size_t>(kept)));
    const auto found = messageOf([&] { readAll(folder); });
    QVERIFY2(found.startsWith(file.c_str()) && found.contains("cannot be read"), found);
    QVERIFY2(found.contains(message), found);
    for (const auto& run : listRuns(folder.parent_path())) QVERIFY(run.folder != folder);
  }
};

EQUIPOISE_TEST(TestHostileRuns)
#include "tst_hostile_runs.moc"
