#include "core/run/run_scripts.h"

#include <fstream>
#include <functional>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/loss/script_fixture.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/same_records.h"
#include "core/run/series_export.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::loss::test::trustFile;
using eq::loss::test::writeScript;
using eq::run::Runner;
using eq::run::RunReader;
using eq::train::Command;
using nlohmann::json;

namespace {

const char* const kSquares = "def forward(self, p, t):\n  return (p - t) ** 2\n";
const char* const kDistance = "def forward(self, p, t):\n  return (p - t).norm()\n";

std::string contentOf(const fs::path& file) {
  return eq::sha256(eq::script::readScript(file, "test"));
}

std::string messageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

/// Records without the seconds they took.
template <typename Record>
std::vector<Record> untimed(std::vector<Record> records) {
  for (auto& record : records) record.seconds = 0;
  return records;
}

}  // namespace

/// Runs whose losses are TorchScript files.
class TestRunScripts : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;

  fs::path folder() const { return temporary_->path().toStdString(); }
  fs::path workspace() const { return folder() / "runs"; }

  /// Two tasks of numbers; the file is named from the experiment's folder.
  eq::train::Experiment experiment(const json& loss = {{"id", "torchscript"},
                                                       {"path", "squares.pt"}}) const {
    return eq::train::experimentFromJson(
        {{"name", "scripts"},
         {"data",
          {{"id", "scale_imbalance"},
           {"scales", {1, 3}},
           {"inputs", 5},
           {"outputs", 2},
           {"train", 64},
           {"validation", 16},
           {"test", 16}}},
         {"model", {{"id", "mlp"}, {"hidden", {8}}, {"dropout", 0.2}}},
         {"tasks", {{{"name", "y1"}, {"loss", loss}}, {{"name", "y2"}}}},
         {"batch_size", 16},
         {"epochs", 3},
         {"threads", 1},
         {"conflict", {{"every", 2}}}},
        folder());
  }

  static void train(Runner& runner, std::int64_t last) {
    while (runner.trainer().stepsDone() < last) {
      if (runner.trainer().stepsDone() == 3)
        runner.apply(Command::setLoss(1, {"torchscript", {{"path", "distance.pt"}}}));
      if (runner.trainer().stepsDone() == 8) runner.apply(Command::setLoss(0, {"mse"}));
      runner.step();
    }
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    trustFile(writeScript(folder() / "squares.pt", kSquares));
    trustFile(writeScript(folder() / "distance.pt", kDistance));
  }

  void trainsAsTheBuiltInLossDoes() {
    auto own = Runner::start(experiment(), workspace());
    auto known = Runner::start(experiment({{"id", "mse"}}), workspace());
    for (int i = 0; i < 12; ++i) {
      own->step();
      known->step();
    }
    const auto found = own->take().steps, expected = known->take().steps;
    QCOMPARE(found.size(), size_t{12});
    for (size_t i = 0; i < found.size(); ++i)
      QVERIFY(std::abs(found[i].losses[0] - expected[i].losses[0]) < 1e-5);
  }

  void swapsResumesAndForksBitForBit() {
    auto whole = Runner::start(experiment(), workspace());
    train(*whole, 12);
    whole->close();
    auto cut = Runner::start(experiment(), workspace());
    train(*cut, 6);
    cut->checkpoint();
    train(*cut, 7);
    const auto folder = cut->folder();
    cut.reset();  // never closed
    auto fork = Runner::fork(folder, 6, workspace());
    auto resumed = Runner::resume(folder);
    QCOMPARE(resumed->trainer().stepsDone(), 6);
    const auto expected = RunReader(whole->folder());
    for (auto* rest : {resumed.get(), fork.get()}) {
      train(*rest, 12);
      rest->close();
      const RunReader found(rest->folder());
      QVERIFY(same(untimed(found.steps()), untimed(expected.steps())));
      QVERIFY(same(untimed(found.evaluations()), untimed(expected.evaluations())));
    }
  }

  void remembersPathAndContent() {
    auto runner = Runner::start(experiment(), workspace());
    train(*runner, 9);
    runner->take();
    const RunReader reader(runner->folder());
    const auto loss = reader.experiment()["tasks"][0]["loss"];
    QCOMPARE(loss["path"].get<std::string>(), std::string("squares.pt"));
    QCOMPARE(loss["sha256"].get<std::string>(), contentOf(folder() / "squares.pt"));
    const auto commands = eq::run::commandsAsJson(reader);
    QCOMPARE(commands[0]["command"]["method"]["sha256"].get<std::string>(),
             contentOf(folder() / "distance.pt"));
    for (const auto& event : reader.events())
      if (event.kind == "command")
        QVERIFY2(event.text.find("sha256") == std::string::npos, event.text.c_str());
  }

  void refusesAChangedFileOnResume() {
    auto runner = Runner::start(experiment(), workspace());
    train(*runner, 6);
    runner->checkpoint();
    const auto run = runner->folder();
    runner.reset();
    const auto before = contentOf(folder() / "distance.pt");
    trustFile(writeScript(folder() / "distance.pt", kSquares));
    for (const auto& work : {std::function<void()>([&] { Runner::resume(run); }),
                             std::function<void()>([&] { Runner::fork(run, 6, workspace()); })}) {
      const auto message = messageOf(work);
      QVERIFY2(message.starts_with(
                   "tasks[1].loss: torchscript.path: " + (folder() / "distance.pt").string() +
                   ": is not the file that was used before: its SHA-256 is "),
               message.c_str());
      QVERIFY(message.find(before) != std::string::npos);
    }
    fs::remove(folder() / "distance.pt");
    QVERIFY(messageOf([&] {
              Runner::resume(run);
            }).starts_with("tasks[1].loss.path: there is no distance.pt in "));
    writeScript(folder() / "distance.pt", kDistance);
    QCOMPARE(Runner::resume(run)->trainer().stepsDone(), 6);
  }

  /// A trunk of one's own goes by the same rules.
  void aTrunkIsPinnedAndAskedFor() {
    const auto file = eq::loss::test::writeTrunk(folder() / "trunk.pt", 5);
    const auto before = contentOf(file);
    auto spec = experiment();
    spec.model = {"torchscript_trunk", {{"path", "trunk.pt"}}};
    const auto files = eq::run::untrustedScripts(spec);
    QCOMPARE(files.size(), size_t{1});
    QCOMPARE(files[0].path, file);
    QVERIFY(messageOf([&] {
              Runner::start(spec, workspace());
            }).starts_with("model.path: " + file.string() + ": is not trusted"));
    trustFile(file);
    auto runner = Runner::start(spec, workspace());
    train(*runner, 5);
    runner->checkpoint();
    const auto run = runner->folder();
    const auto expected = runner->trainer().snapshot().tensors;
    runner.reset();
    const auto model = RunReader(run).experiment()["model"];
    QCOMPARE(model["path"].get<std::string>(), std::string("trunk.pt"));
    QCOMPARE(model["sha256"].get<std::string>(), before);
    trustFile(eq::loss::test::writeTrunk(file, 5, 0.1));
    const auto message = messageOf([&] { Runner::resume(run); });
    QVERIFY2(message.starts_with("model.path: " + file.string() +
                                 ": is not the file that was used before: its SHA-256 is ") &&
                 message.find(before) != std::string::npos,
             message.c_str());
    eq::loss::test::writeTrunk(file, 5);
    for (const auto& [name, tensor] : Runner::resume(run)->trainer().snapshot().tensors)
      QVERIFY2(tensor.equal(expected.at(name)), name.c_str());
  }

  void anUntrustedFileStartsNothing() {
    const auto trace = folder() / "trace";
    writeScript(folder() / "writes.pt", kSquares + eq::loss::test::writingWhenLoaded(trace));
    const json loss{{"id", "torchscript"}, {"path", "writes.pt"}};
    const auto message = messageOf([&] { Runner::start(experiment(loss), workspace()); });
    QVERIFY2(message.starts_with("tasks[0].loss: torchscript.path: ") &&
                 message.find("is not trusted") != std::string::npos,
             message.c_str());
    QVERIFY(eq::run::listRuns(workspace()).empty());

    auto runner = Runner::start(experiment(), workspace());
    train(*runner, 2);
    const Command swap = Command::setLoss(1, {"torchscript", {{"path", "writes.pt"}}});
    QVERIFY(messageOf([&] { runner->apply(swap); }).find("is not trusted") != std::string::npos);
    train(*runner, 5);  // goes on with what it had
    QVERIFY(!fs::exists(trace));
  }

  void anExperimentCannotTrustItself() {
    for (const char* key : {"trust", "trusted"}) {
      const json loss{{"id", "torchscript"}, {"path", "squares.pt"}, {key, true}};
      QVERIFY(messageOf([&] {
                experiment(loss);
              }).starts_with(std::string("tasks[0].loss.") + key + ": unknown parameter"));
    }
    writeScript(folder() / "other.pt", "def forward(self, p, t):\n  return 3 * (p - t).abs()\n");
    const json pinned{
        {"id", "torchscript"}, {"path", "other.pt"}, {"sha256", contentOf(folder() / "other.pt")}};
    QVERIFY(messageOf([&] {
              Runner::start(experiment(pinned), workspace());
            }).find("is not trusted") != std::string::npos);
  }

  /// Those of the beginning and those swapped in, up to a step; without opening any.
  void knowsTheFilesOfARun() {
    writeScript(folder() / "first.pt", "def forward(self, p, t):\n  return 5 * (p - t) ** 2\n");
    writeScript(folder() / "second.pt", "def forward(self, p, t):\n  return 6 * (p - t) ** 2\n");
    const json first{{"id", "torchscript"}, {"path", "first.pt"}};
    const auto run = folder() / "run";
    fs::create_directory(run);
    {
      std::vector<eq::TaskInfo> tasks(2);
      tasks[0].name = "y1";
      tasks[1].name = "y2";
      auto writer = eq::run::RunWriter::create(
          run, {eq::train::toJson(experiment(first)), folder().string(), tasks, 12});
      eq::run::Records records;
      const auto swap = Command::setLoss(1, {"torchscript", {{"path", "second.pt"}}});
      records.events.push_back({4, 0, "command", "swapped", eq::train::toJson(swap)});
      records.events.push_back({4, 0, "note", "look", json::object()});
      writer->append(records);
    }
    auto files = eq::run::untrustedScripts(run);
    QCOMPARE(files.size(), size_t{2});
    QCOMPARE(files[0].path.filename(), fs::path("first.pt"));
    QCOMPARE(files[1].path.filename(), fs::path("second.pt"));
    QCOMPARE(eq::run::untrustedScripts(run, 3).size(), size_t{1});
    trustFile(folder() / "first.pt");
    QCOMPARE(eq::run::untrustedScripts(run).size(), size_t{1});
    QVERIFY_THROWS_EXCEPTION(eq::Error, eq::run::untrustedScripts(folder()));
  }
};

EQUIPOISE_TEST(TestRunScripts)
#include "tst_run_scripts.moc"
