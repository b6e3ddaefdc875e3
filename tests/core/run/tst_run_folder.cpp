#include "core/run/run_folder.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <thread>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/database.h"
#include "core/run/full_disk.h"
#include "core/run/read_only_folder.h"
#include "core/run/same_records.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using namespace eq::run;
using eq::train::ConflictRecord;
using eq::train::EvaluationRecord;
using eq::train::EventRecord;
using eq::train::GradientSource;
using eq::train::SplitName;
using eq::train::StepRecord;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

const RunWriter::Start kStart{
    {{"name", "two digits"}, {"seed", 7}},
    "/data",
    {{"left", eq::TaskKind::ordinal, 3, {"few", "some", "many"}, "", {}, {"weight"}},
     {"right", eq::TaskKind::regression, 1, {}, "mm", {}}},
    100};

StepRecord stepOf(std::int64_t step) {
  const double x = 1.0 / static_cast<double>(step + 2);
  return {step, x, 4 * step, 0.1 * x, 1e-3, {x, kNan}, {1, -0.0}, {}, {}};
}

Records stepsTo(std::int64_t first, std::int64_t last) {
  Records records;
  for (std::int64_t step = first; step <= last; ++step) records.steps.push_back(stepOf(step));
  return records;
}

/// Every kind of record, with every number that is hard to keep.
Records everything() {
  Records records = stepsTo(1, 3);
  records.steps[0].losses = {kInfinity, -kInfinity};
  records.steps[1].conflict = ConflictRecord{
      GradientSource::representation, {1, kNan}, {1, -0.0, kNan, 5e-324}, kNan, 0, 2};
  records.steps[1].point = {-8.5, kInfinity};
  records.steps[2].conflict = ConflictRecord{GradientSource::exact, {}, {}, 1e308, -0.0, 3};
  records.steps[1].observations = {{"gate", 0, {}, {2}, {0.25, -0.0}},
                                   {"gate", 1, {}, {2}, {kNan, 1}},
                                   {"stitch", -1, "2", {1, 2}, {kInfinity, 0.5}},
                                   {"stitch", -1, "1", {1, 2}, {1, 2}},
                                   {"diversity", -1, {}, {}, {0.75}}};
  records.steps[1].terms = {{1, "penalty", 2}, {-1, "soft_sharing", kNan}};
  records.steps[1].conflict->layers = {{"trunk.0", {1, kNan}, {-0.0}}, {"trunk.2", {0, 5}, {kNan}}};
  records.steps[1].affinity = {{1.5, kNan}, {0.25, kNan, -0.0, kInfinity}};
  records.steps[1].preferences = {{0, {0.25, 0.75}}, {1, {1, -0.0}}};
  for (const auto split : {SplitName::train, SplitName::validation, SplitName::test})
    records.evaluations.push_back(
        {3, 0.5, 9.25, split, {{{"accuracy", 0.9}, {"loss", kNan}}, {{"loss", -0.0}}}});
  records.evaluations[1].reports[1] = {2, {5, 0, 1, 7}, {{2, 1.25, 1}, {0, -0.0, 0}, {1, kNan, 1}}};
  records.evaluations[1].front = {{{1, 0}, {{{"accuracy", kNan}, {"loss", 0.5}}, {{"loss", kNan}}}},
                                  {{0.5, 0.5}, {{{"loss", kInfinity}}, {{"loss", -0.0}}}}};
  records.evaluations[2].reports[0] = {201, {}, {{3, 2.5, 2}}};
  records.events.push_back({2, 1.5, "command", "left: \"ü\"", {{"kind", "note"}, {"text", "x"}}});
  records.events.push_back({3, 2.5, "note", "", nlohmann::json::object()});
  return records;
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

class TestRunFolder : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> workspace_;

  fs::path newFolder(const char* name = "run") const {
    const auto folder = fs::path(workspace_->path().toStdString()) / name;
    fs::create_directory(folder);
    return folder;
  }

 private Q_SLOTS:
  void init() { workspace_ = std::make_unique<QTemporaryDir>(); }

  void givesEveryNumberBack() {
    const auto folder = newFolder("odd #name? 100% ü");
    const auto writer = RunWriter::create(folder, kStart);
    const Records records = everything();
    writer->append(records);
    const RunReader reader(folder);
    QVERIFY(same(reader.steps(), records.steps));
    QVERIFY(same(reader.evaluations(), records.evaluations));
    QVERIFY(same(reader.events(), records.events));
    QVERIFY(reader.experiment() == kStart.experiment);
    QCOMPARE(reader.dataFolder(), fs::path("/data"));
    QCOMPARE(reader.tasks(), (std::vector<std::string>{"left", "right"}));
    const auto infos = reader.taskInfos();
    QCOMPARE(infos.size(), size_t{2});
    for (size_t k = 0; k < infos.size(); ++k)
      QVERIFY(eq::toJson(infos[k]) == eq::toJson(kStart.tasks[k]));
  }

  void givesRandomBitsBack() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    std::mt19937_64 random(5);
    Records records;
    for (std::int64_t step = 1; step <= 2000; ++step) {
      std::vector<double> values(4);
      for (auto& value : values) {
        const std::uint64_t bits = random();
        std::memcpy(&value, &bits, sizeof value);
      }
      records.steps.push_back(
          {step, values[0], step, values[1], values[2], {values[3]}, {1}, {}, {}});
    }
    writer->append(records);
    QVERIFY(same(RunReader(folder).steps(), records.steps));
  }

  void readsWhileItIsWritten() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    const RunReader reader(folder);
    std::jthread writing([&] {
      for (std::int64_t step = 1; step <= 400; step += 4) writer->append(stepsTo(step, step + 3));
    });
    std::vector<StepRecord> seen;
    while (seen.size() < 400) {
      const auto more = reader.steps(seen.empty() ? 0 : seen.back().step);
      QCOMPARE(more.size() % 4, size_t{0});
      seen.insert(seen.end(), more.begin(), more.end());
    }
    QVERIFY(same(seen, stepsTo(1, 400).steps));
  }

  void truncatesAtACheckpoint() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    const Records before = everything();
    writer->append(before);
    const Position position = writer->position();
    QCOMPARE(position.events, 2);
    QCOMPARE(position.evaluations, 3);
    Records after = stepsTo(4, 9);
    after.steps[0].conflict = ConflictRecord{GradientSource::exact, {1, 1}, {1, 0, 0, 1}, 1, 1, 1};
    after.steps[0].conflict->layers = {{"trunk.0", {1, 1}, {0}}};
    after.steps[1].observations = {{"diversity", -1, {}, {}, {0.5}}};
    after.evaluations.push_back({3, 0, 0, SplitName::test, {{{"loss", 1}}}});
    after.evaluations[0].reports[0] = {2, {1, 0, 0, 1}, {{2, 1.5, 2}}};
    after.events = {{3, 0, "checkpoint", "kept", {}},
                    {3, 0, "command", "dropped", {}},
                    {9, 0, "checkpoint", "dropped", {}}};
    writer->append(after);
    writer->truncateAfter(3, position);
    const RunReader reader(folder);
    QVERIFY(same(reader.steps(), before.steps));
    QVERIFY(same(reader.evaluations(), before.evaluations));
    QCOMPARE(reader.events().size(), size_t{3});
    QCOMPARE(reader.events().back().text, std::string("kept"));
    writer->append(stepsTo(4, 5));
    QCOMPARE(reader.steps().size(), size_t{5});
    QVERIFY(!reader.steps()[3].conflict);
  }

  void keepsIntervalsOfTheNewestEvaluation() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    const RunReader reader(folder);
    writer->append(everything());
    const Position before = writer->position();
    const EvaluationRecord later{7, 1, 2, SplitName::test, {{{"loss", 1}}, {{"loss", 2}}}};
    const eq::train::IntervalRecord first{SplitName::test, {{0, {{"loss", {0, 1, 0.95, 9}}}}}};
    const eq::train::IntervalRecord again{
        SplitName::test, {{0, {{"loss", {kNan, kNan, 0.9, 0}}}}, {1, {{"r2", {-0.0, 2, 0.9, 8}}}}}};
    writer->append({{}, {later}, {}, {first}});
    QVERIFY(same(reader.evaluations().back().intervals, first.tasks));
    writer->append({{}, {}, {}, {again}});
    const auto evaluations = reader.evaluations();
    QVERIFY(same(evaluations.back().intervals, again.tasks));
    for (size_t i = 0; i + 1 < evaluations.size(); ++i) QVERIFY(evaluations[i].intervals.empty());
    const auto newest = reader.newestEvaluations();
    QCOMPARE(newest.size(), size_t{3});
    QVERIFY(same(newest.back(), evaluations.back()));
    QVERIFY(newest[0].split == SplitName::train && newest[0].reports.empty());
    writer->truncateAfter(3, before);
    writer->append({{}, {later}, {}, {}});
    QVERIFY(reader.evaluations().back().intervals.empty());
  }

  void dropsAnAppendThatDoesNotFit() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    writer->append(stepsTo(1, 2));
    Records twice = stepsTo(3, 4);
    twice.steps.push_back(stepOf(3));
    QVERIFY(messageOf([&] { writer->append(twice); }).contains("run.sqlite"));
    QCOMPARE(RunReader(folder).steps().size(), size_t{2});
    writer->append(stepsTo(3, 4));
    QCOMPARE(RunReader(folder).steps().size(), size_t{4});
  }

  void survivesAFullDisk() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    writer->append(stepsTo(1, 1000));
    QByteArray message;
    std::int64_t kept = 1000;
    {
      const FullDisk disk(1'000'000);
      message = messageOf([&] {
        for (; kept < 200'000; kept += 1000) writer->append(stepsTo(kept + 1, kept + 1000));
      });
    }
    QVERIFY2(message.contains("run.sqlite: cannot be written"), message);
    QVERIFY2(message.contains("free some space"), message);
    QVERIFY(same(RunReader(folder).steps(), stepsTo(1, kept).steps));
    writer->append(stepsTo(kept + 1, kept + 1000));
    QCOMPARE(RunReader(folder).info().steps, kept + 1000);
  }

  void knowsItsState() {
    const auto folder = newFolder();
    auto writer = RunWriter::create(folder, kStart);
    writer->append(stepsTo(1, 5));
    const RunReader reader(folder);
    QCOMPARE(reader.info().state, RunState::running);
    writer.reset();
    QCOMPARE(reader.info().state, RunState::died);
    writer = RunWriter::open(folder);
    QCOMPARE(reader.info().state, RunState::running);
    writer->setState(RunState::failed, "no memory");
    QCOMPARE(reader.info().state, RunState::failed);
    QCOMPARE(reader.info().message, std::string("no memory"));
    for (const auto state : {RunState::finished, RunState::stopped}) {
      writer->setState(state);
      QCOMPARE(reader.info().state, state);
    }
    QCOMPARE(reader.info().steps, 5);
    QCOMPARE(reader.info().totalSteps, 100);
    QCOMPARE(reader.info().name, std::string("two digits"));
  }

  void hasOneWriter() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    QVERIFY(messageOf([&] { RunWriter::open(folder); }).contains("is being trained by another"));
  }

  void forksAtAStep() {
    const auto parent = newFolder("parent");
    const auto writer = RunWriter::create(parent, kStart);
    writer->append(everything());
    writer->append(stepsTo(4, 50));
    const auto folder = newFolder("child");
    RunWriter::ForkStart start;
    start.parent = parent;
    start.step = 3;
    start.experiment = kStart.experiment;
    Position position;
    const auto fork = RunWriter::createFork(folder, start, [&](const Position& ended) {
      QVERIFY(!eq::run::isRun(folder));
      position = ended;
    });
    QCOMPARE(position.evaluations, writer->position().evaluations);
    fork->append(stepsTo(4, 6));
    const RunReader reader(folder);
    QCOMPARE(reader.steps().size(), size_t{6});
    QVERIFY(same(reader.evaluations(), everything().evaluations));
    QCOMPARE(reader.info().parent, std::string("parent"));
    QCOMPARE(reader.info().parentStep, 3);
    QCOMPARE(RunReader(parent).steps().size(), size_t{50});
  }

  /// A folder from before evaluations had class reports and fronts, and steps were looked ahead
  /// from and had preferences.
  void readsAndContinuesAnOlderRun() {
    const auto folder = newFolder();
    Records records = everything();
    for (auto& evaluation : records.evaluations) {
      evaluation.reports.clear();
      evaluation.front.clear();
    }
    for (auto& step : records.steps) {
      step.affinity.reset();
      step.preferences.clear();
    }
    RunWriter::create(folder, kStart)->append(records);
    Database(databaseFile(folder), Database::Mode::write)
        .execute(
            "DROP TABLE class_reports; DROP TABLE intervals; DROP TABLE affinities; "
            "DROP TABLE preferences; DROP TABLE fronts; DELETE FROM info WHERE key = 'task_infos'");
    QCOMPARE(RunReader(folder).taskInfos().at(1).name, std::string("right"));
    QVERIFY(same(RunReader(folder).evaluations(), records.evaluations));
    QVERIFY(same(RunReader(folder).steps(), records.steps));

    RunWriter::ForkStart start;
    start.parent = folder;
    start.step = 3;
    start.experiment = kStart.experiment;
    const auto fork = RunWriter::createFork(newFolder("fork"), start, [](const Position&) {});
    const auto writer = RunWriter::open(folder);
    writer->truncateAfter(3, writer->position());
    for (auto* one : {fork.get(), writer.get()}) one->append({{}, everything().evaluations, {}});
    for (const auto& place : {folder, folder.parent_path() / "fork"})
      QVERIFY(same(RunReader(place).evaluations().back(), everything().evaluations.back()));
  }

  void listsRuns() {
    const auto workspace = fs::path(workspace_->path().toStdString());
    newFolder("empty");
    writeAtomically(newFolder("broken") / "run.sqlite", "this is not a database, not at all");
    const auto first = RunWriter::create(newFolder("b"), kStart);
    first->append(stepsTo(1, 2));
    RunWriter::create(newFolder("a"), kStart)->setState(RunState::finished);
    const auto runs = listRuns(workspace);
    QCOMPARE(runs.size(), size_t{2});
    QCOMPARE(runs[0].folder.filename(), fs::path("b"));
    QCOMPARE(runs[0].state, RunState::running);
    QCOMPARE(runs[0].steps, 2);
    QCOMPARE(runs[1].state, RunState::finished);
    QVERIFY(runs[0].created > 1.7e9 && runs[0].updated >= runs[0].created);
    QVERIFY(listRuns(workspace / "none").empty());
  }

  void listsCheckpointsThatAreThere() {
    const auto folder = newFolder();
    const auto writer = RunWriter::create(folder, kStart);
    const RunReader reader(folder);
    QVERIFY(reader.checkpoints().empty());
    fs::create_directory(folder / "checkpoints");
    for (const std::int64_t step : {200, 0, 123456789})
      writeAtomically(checkpointFile(folder, step), "x");
    for (const char* name : {"step-x.safetensors", "step-5.safetensors.damaged", ".step-5.tmp"})
      writeAtomically(folder / "checkpoints" / name, "x");
    QCOMPARE(reader.checkpoints().size(), size_t{3});
    QCOMPARE(reader.checkpoints()[1].step, 200);
    QCOMPARE(reader.checkpoints()[2].path.filename(), fs::path("step-123456789.safetensors"));
  }

  void refusesWhatIsNoRun() {
    const auto folder = newFolder();
    QVERIFY(messageOf([&] { RunReader reader(folder); }).contains("is not a run folder"));
    QVERIFY(messageOf([&] { RunWriter::open(folder / "x"); }).contains("no such run folder"));
    writeAtomically(folder / "run.sqlite", "this is not a database, not at all");
    QVERIFY(messageOf([&] { RunReader(folder).steps(); }).contains("damaged"));
  }

  void tellsWhatCannotBeReadFromWhatIsNotThere() {
    const auto folder = fs::path(workspace_->path().toStdString()) / "absent";
    QVERIFY(messageOf([&] { RunReader reader(folder); }).contains("there is no such run folder"));
    fs::create_directory_symlink(folder, folder);  // to itself
    const auto message = messageOf([&] { RunReader reader(folder); });
    QVERIFY2(message.contains("cannot be read: "), message);
  }

  void readsAReadOnlyFolder() {
    const auto folder = newFolder();
    RunWriter::create(folder, kStart)->append(stepsTo(1, 3));
    const ReadOnlyFolder readOnly(*workspace_, folder.c_str());
    QCOMPARE(RunReader(folder).steps().size(), size_t{3});
    QCOMPARE(listRuns(folder.parent_path()).size(), size_t{1});
    const auto message = messageOf([&] { RunWriter::open(folder); });
    QVERIFY2(message.contains("make it writable"), message);
  }
};

EQUIPOISE_TEST(TestRunFolder)
#include "tst_run_folder.moc"
