#include <filesystem>
#include <fstream>
#include <functional>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/loss/script_fixture.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "core/run/runner.h"
#include "core/run/same_records.h"
#include "core/run/whereabouts.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::train::Experiment;
using nlohmann::json;

namespace {

std::vector<eq::train::StepRecord> stepsIn(const fs::path& folder) {
  auto steps = RunReader(folder).steps();
  for (auto& step : steps) step.seconds = 0;
  return steps;
}

std::string lastEventOf(const fs::path& folder) {
  return RunReader(folder).events().back().text;
}

std::string refusalOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

void train(Runner& runner, std::int64_t last) {
  while (runner.trainer().stepsDone() < last) runner.step();
}

}  // namespace

/// A project's folder holds data, a loss of one's own, a teacher and the runs. It was looked for at
/// its old place only after it had been renamed.
class TestMovedProject : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;

  fs::path at(const std::string& name) const {
    return fs::path(temporary_->path().toStdString()) / name;
  }

  /// \param data path of the table, \param loss of the script, \param teacher a run.
  static json experiment(const std::string& data, json task) {
    task["name"] = "cultivar";
    return {{"name", "wine"},
            {"data",
             {{"id", "table"},
              {"path", data},
              {"targets",
               {{{"column", "cultivar"}, {"kind", "class"}},
                {{"column", "alcohol"}, {"kind", "number"}}}}}},
            {"model", {{"id", "mlp"}, {"hidden", {8}}}},
            {"tasks", {task, {{"name", "alcohol"}}}},
            {"batch_size", 32},
            {"epochs", 5},
            {"threads", 1}};
  }

  Experiment inProject(const json& value) const {
    return eq::train::experimentFromJson(value, at("old"));
  }

  /// Trains 10 steps, with a checkpoint after 5, and goes back to it. \returns the run's folder.
  static fs::path trained(const Experiment& experiment, const fs::path& runs) {
    auto runner = Runner::start(experiment, runs);
    train(*runner, 5);
    runner->checkpoint();
    train(*runner, 10);
    return runner->folder();
  }

  void makeProject() const {
    fs::create_directories(at("old/tables"));
    fs::copy_file(eq::test::inSource("samples/data/wine.csv"), at("old/tables/wine.csv"));
    eq::loss::test::trustFile(eq::loss::test::writeScript(
        at("old/squares.pt"), "def forward(self, p, t):\n  return (p - t) ** 2\n"));
  }

  void resumesAs(const fs::path& run, const std::vector<eq::train::StepRecord>& expected) const {
    auto runner = Runner::resume(run);
    QCOMPARE(runner->trainer().stepsDone(), std::int64_t{5});
    train(*runner, 10);
    runner.reset();
    QVERIFY(same(stepsIn(run), expected));
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    makeProject();
  }

  void allFilesMoveAlongWithTheRun_data() {
    QTest::addColumn<bool>("absolute");
    QTest::newRow("relative paths") << false;
    QTest::newRow("absolute paths") << true;
  }
  void allFilesMoveAlongWithTheRun() {
    QFETCH(bool, absolute);
    const std::string base = absolute ? at("old").string() + "/" : "";
    auto taught = experiment(base + "tables/wine.csv", json::object());
    taught["name"] = "teacher";
    const auto teacher = trained(inProject(taught), at("old/runs"));
    auto value = experiment(base + "tables/wine.csv",
                            {{"teacher", base + "runs/" + teacher.filename().string()},
                             {"loss", {{"id", "distillation"}}}});
    value["tasks"][1]["loss"] = {{"id", "torchscript"}, {"path", base + "squares.pt"}};
    const auto run = trained(inProject(value), at("old/runs"));
    const auto expected = stepsIn(run);

    fs::rename(at("old"), at("new"));
    const auto moved = at("new/runs") / run.filename();
    resumesAs(moved, expected);
    // It moves once more, and can be told to others.
    fs::rename(at("new"), at("newer"));
    const auto again = at("newer/runs") / run.filename();
    QVERIFY(eq::run::untrustedScripts(again).empty());
    auto fork = Runner::fork(again, 5, at("newer/far/elsewhere"));
    train(*fork, 10);
    const auto forked = fork->folder();
    fork.reset();
    QVERIFY(same(stepsIn(forked), expected));
    resumesAs(again, expected);
    // The fork has been nowhere but there.
    fs::rename(at("newer"), at("newest"));
    train(*Runner::resume(at("newest/far/elsewhere") / forked.filename()), 10);
  }

  void saysWhatIsUsedInsteadOfWhat() {
    const auto run =
        trained(inProject(experiment("tables/wine.csv", json::object())), at("old/runs"));
    fs::rename(at("old"), at("new"));
    const auto moved = at("new/runs") / run.filename();
    Runner::resume(moved)->take();
    const auto text = lastEventOf(moved);
    QVERIFY2(text.ends_with(at("new").string() + " is used instead of " + at("old").string()),
             text.c_str());
    QCOMPARE(RunReader(moved).dataFolder(), at("new"));
    Runner::resume(moved)->take();
    QVERIFY(!QString::fromStdString(lastEventOf(moved)).contains("instead"));
  }

  /// The folder stays, because there is more in it than the project.
  void looksFromTheRunWhereTheFolderIsThereAndTheTableIsNot() {
    const auto run =
        trained(inProject(experiment("tables/wine.csv", json::object())), at("old/runs"));
    const auto expected = stepsIn(run);
    fs::create_directories(at("new"));
    for (const auto* part : {"tables", "runs"}) fs::rename(at("old") / part, at("new") / part);
    resumesAs(at("new/runs") / run.filename(), expected);
  }

  /// It trained on the first project's table, although its own had been changed.
  void aCopiedProjectReadsItsOwnFiles_data() { allFilesMoveAlongWithTheRun_data(); }
  void aCopiedProjectReadsItsOwnFiles() {
    QFETCH(bool, absolute);
    const std::string base = absolute ? at("old").string() + "/" : "";
    const auto run =
        trained(inProject(experiment(base + "tables/wine.csv", json::object())), at("old/runs"));
    fs::copy(at("old"), at("copy"), fs::copy_options::recursive);
    const auto copy = at("copy/runs") / run.filename();
    auto runner = Runner::resume(copy);
    const auto found = runner->trainer().experiment();
    runner.reset();
    QCOMPARE(found.folder / found.data.params.at("path").get<std::string>(),
             at("copy/tables/wine.csv"));
    const auto text = lastEventOf(copy);
    QVERIFY2(text.find(" is used instead of ") != std::string::npos, text.c_str());
  }

  /// There is nothing that it could have read elsewhere.
  void aRunWithoutFilesSaysNothingOfItsMove() {
    auto value = experiment("", json::object());
    value["data"] = {{"id", "scale_imbalance"}, {"train", 64}, {"validation", 16}, {"test", 16}};
    value.erase("tasks");
    value["model"] = {{"id", "mlp"}, {"hidden", {4}}};
    const auto run = trained(inProject(value), at("old/runs"));
    fs::copy(at("old"), at("copy"), fs::copy_options::recursive);
    const auto copy = at("copy/runs") / run.filename();
    Runner::resume(copy)->take();
    QVERIFY(lastEventOf(copy).find("instead") == std::string::npos);
  }

  /// As when runs are collected in a folder of their own.
  void aRunThatWasCopiedAloneReadsTheFirstFiles() {
    const auto run =
        trained(inProject(experiment("tables/wine.csv", json::object())), at("old/runs"));
    const auto copy = at("collected/all/of/them") / run.filename();
    fs::create_directories(copy.parent_path());
    fs::copy(run, copy, fs::copy_options::recursive);
    QCOMPARE(Runner::resume(copy)->trainer().experiment().folder, at("old"));
  }

  void dataAreTakenFromWhereAPersonSays_data() {
    QTest::addColumn<QString>("given");
    QTest::addColumn<QString>("named");
    QTest::newRow("the folder of then") << "tables/wine.csv"
                                        << "far";
    QTest::newRow("the table's folder") << "tables/wine.csv"
                                        << "far/tables";
    QTest::newRow("the table") << "tables/wine.csv"
                               << "far/tables/other.csv";
    QTest::newRow("folder of a table that had an absolute path") << "/gone/wine.csv"
                                                                 << "far/tables";
  }
  void dataAreTakenFromWhereAPersonSays() {
    QFETCH(QString, given);
    QFETCH(QString, named);
    const bool absolute = given.startsWith('/');
    const auto path = absolute ? at("old/tables/wine.csv").string() : given.toStdString();
    const auto run = trained(inProject(experiment(path, json::object())), at("runs"));
    const auto expected = stepsIn(run);
    fs::rename(at("old"), at("far"));
    fs::copy_file(at("far/tables/wine.csv"), at("far/tables/other.csv"));
    const auto refusal = refusalOf([&] { Runner::resume(run); });
    QVERIFY2(refusal.ends_with("equipoise-cli resume " + run.string() + " --data FOLDER"),
             refusal.c_str());
    const auto data = at(named.toStdString());
    auto fork = Runner::fork(run, 5, at("forks"), {data});
    train(*fork, 10);
    QVERIFY(same(stepsIn((fork->close(), fork->folder())), expected));
    Runner::resume(run, {data});
    // From now on it is known.
    resumesAs(run, expected);
  }

  void refusesAPlaceWithoutTheData() {
    const auto run = trained(inProject(experiment("tables/wine.csv", json::object())), at("runs"));
    const auto nowhere = at("nowhere").string();
    QCOMPARE(refusalOf([&] { Runner::resume(run, {nowhere}); }), "--data: there is no " + nowhere);
    const auto runs = at("runs").string();
    QCOMPARE(refusalOf([&] { Runner::resume(run, {runs}); }),
             "--data: there is no wine.csv in " + runs);
    // Nothing happened to the run.
    QCOMPARE(RunReader(run).info().steps, std::int64_t{10});
  }
};

EQUIPOISE_TEST(TestMovedProject)
#include "tst_moved_project.moc"
