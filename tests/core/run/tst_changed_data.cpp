#include <algorithm>
#include <filesystem>
#include <map>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/random.h"
#include "core/data/fingerprint.h"
#include "core/data/problem.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using nlohmann::json;

namespace {

constexpr std::int64_t kRows = 40;

/// What the run said when it began or went on.
std::string beginningOf(const fs::path& run) {
  std::string text;
  for (const auto& event : RunReader(run).events())
    if (event.kind == "started" || event.kind == "resumed") text = event.text;
  return text;
}

}  // namespace

/// Only the training rows were looked at: other rows to validate or test on went unnoticed.
class TestChangedData : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;

  fs::path at(const std::string& name) const {
    return fs::path(temporary_->path().toStdString()) / name;
  }

  /// \param changed row whose cell in `column` has another value; -1: none.
  void writeTable(std::int64_t changed = -1, const std::string& column = {}) const {
    std::string text = "a,gap,time,seen,unused\n";
    for (std::int64_t row = 0; row < kRows; ++row) {
      const auto cell = [&](const std::string& name, std::string usual, std::string other) {
        return row == changed && name == column ? other : usual;
      };
      text += fmt::format("{},{},{},{},{}\n", cell("a", std::to_string(row * row), "1000.5"),
                          cell("gap", row % 7 == 0 ? "" : "2.5", "9.5"),
                          cell("time", fmt::format("{}.5", row + 1), "77.25"),
                          cell("seen", row % 2 ? "1" : "0", row % 2 ? "0" : "1"),
                          cell("unused", fmt::format("x{}", row % 3), "y"));
    }
    eq::run::writeAtomically(at("t.csv"), text);
  }

  eq::train::Experiment experiment() const {
    return eq::train::experimentFromJson(
        {{"name", "t"},
         {"data",
          {{"id", "table"},
           {"path", "t.csv"},
           {"inputs", {"a"}},
           {"targets",
            {{{"column", "gap"}, {"kind", "number"}},
             {{"column", "time"}, {"kind", "number"}, {"fields", {{"weight", {"seen"}}}}}}}}},
         {"model", {{"id", "mlp"}, {"hidden", {4}}}},
         {"tasks", {{{"name", "gap"}}, {{"name", "time"}}}},
         {"batch_size", 16},
         {"epochs", 2},
         {"threads", 1}},
        at(""));
  }

  /// In the order of the file: which split a row belongs to.
  std::vector<std::string> splitsOfRows() const {
    const auto seed = eq::deriveSeed(eq::deriveSeed(experiment().seed, "data"), "split");
    const auto order = eq::RandomStream(seed).permutation(kRows);
    std::vector<std::string> splits(kRows, "training");
    for (size_t i = 0; i < 12; ++i)
      splits[static_cast<size_t>(order[i])] = i < 6 ? "validation" : "test";
    return splits;
  }

  json fingerprintNow() const {
    return eq::train::Trainer(experiment()).snapshot().meta.at("data");
  }

  std::int64_t firstRowOf(const std::string& split) const {
    const auto splits = splitsOfRows();
    return std::find(splits.begin(), splits.end(), split) - splits.begin();
  }

  fs::path trained() const {
    writeTable();
    auto runner = Runner::start(experiment(), at("runs"));
    runner->step();
    runner->checkpoint();
    return runner->folder();
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void everyChangedCellThatIsReadNamesTheSplitOfItsRow_data() {
    QTest::addColumn<QString>("column");
    for (const auto* column : {"a", "gap", "time", "seen"}) QTest::newRow(column) << column;
  }
  void everyChangedCellThatIsReadNamesTheSplitOfItsRow() {
    QFETCH(QString, column);
    writeTable();
    const auto before = fingerprintNow();
    QVERIFY(eq::data::changedSplits(before, fingerprintNow()).empty());
    const auto splits = splitsOfRows();
    for (std::int64_t row = 0; row < kRows; ++row) {
      writeTable(row, column.toStdString());
      const auto changed = eq::data::changedSplits(before, fingerprintNow());
      QCOMPARE(changed, std::vector<std::string>{splits[static_cast<size_t>(row)]});
    }
  }

  void aColumnThatIsNotReadDoesNotCount() {
    writeTable();
    const auto before = fingerprintNow();
    writeTable(3, "unused");
    QVERIFY(eq::data::changedSplits(before, fingerprintNow()).empty());
  }

  void resumeAndForkNameTheSplit_data() {
    QTest::addColumn<QString>("split");
    for (const auto* split : {"training", "validation", "test"}) QTest::newRow(split) << split;
  }
  void resumeAndForkNameTheSplit() {
    QFETCH(QString, split);
    const auto run = trained();
    Runner::resume(run)->take();
    QCOMPARE(beginningOf(run), std::string("resumed at step 1"));
    writeTable(firstRowOf(split.toStdString()), "a");
    const auto words = fmt::format("at step 1; the {} data differ from those of the checkpoint",
                                   split.toStdString());
    auto fork = Runner::fork(run, 1, at("runs"));
    fork->take();
    QVERIFY(beginningOf(fork->folder()).ends_with(words));
    Runner::resume(run)->take();
    QCOMPARE(beginningOf(run), "resumed " + words);
  }

  void aCheckpointOfAnEarlierVersionKnowsTheTrainingRows() {
    const auto run = trained();
    const auto file = eq::run::checkpointFile(run, 1);
    auto snapshot = eq::run::readSnapshot(file);
    snapshot.meta["data"].erase("splits");
    eq::run::writeSnapshot(file, snapshot);
    Runner::resume(run)->take();
    QCOMPARE(beginningOf(run), std::string("resumed at step 1"));
    writeTable(firstRowOf("training"), "time");
    Runner::resume(run)->take();
    QCOMPARE(
        beginningOf(run),
        std::string("resumed at step 1; the training data differ from those of the checkpoint"));
  }

  /// Images are scaled by those to train on, which changes all.
  void ofScaledImagesOnlyTheChangedOnesAreNamed() {
    eq::train::Experiment digits =
        eq::train::experimentFromJson({{"name", "digits"},
                                       {"data",
                                        {{"id", "two_digits"},
                                         {"scaling", "standard"},
                                         {"train_pairs", 8},
                                         {"validation_pairs", 4},
                                         {"test_pairs", 4}}},
                                       {"model", {{"id", "mlp"}, {"hidden", {4}}}}});
    const auto before = eq::data::fingerprint(eq::train::loadProblem(digits));
    for (const auto& [key, name] : std::map<std::string, std::string>{
             {"train", "training"}, {"validation", "validation"}, {"test", "test"}}) {
      auto other = before;
      other["splits"]["train"]["sha256"] = other["splits"]["test"]["sha256"] = "another scale";
      other["splits"][key]["source"] = "another image";
      QCOMPARE(eq::data::changedSplits(before, other), std::vector<std::string>{name});
      QVERIFY(before["splits"][key]["source"] != "");
    }
  }
};

EQUIPOISE_TEST(TestChangedData)
#include "tst_changed_data.moc"
