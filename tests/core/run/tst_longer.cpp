#include <filesystem>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/run/same_records.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::run::RunState;
using nlohmann::json;

namespace {

/// 4 steps an epoch.
eq::train::Experiment lasting(double epochs, const json& schedule = {{"id", "constant"}}) {
  return eq::train::experimentFromJson(
      {{"name", "longer"},
       {"data",
        {{"id", "scale_imbalance"},
         {"scales", {1, 3}},
         {"inputs", 5},
         {"outputs", 2},
         {"train", 64},
         {"validation", 16},
         {"test", 16}}},
       {"model", {{"id", "mlp"}, {"hidden", {8}}, {"dropout", 0.2}}},
       {"balancer", {{"weighting", {{"id", "dwa"}}}}},
       {"schedule", schedule},
       {"batch_size", 16},
       {"epochs", epochs},
       {"threads", 1}});
}

void finish(Runner& runner) {
  while (!runner.finished()) runner.step();
  runner.close();
}

std::vector<eq::train::StepRecord> stepsIn(const fs::path& folder) {
  auto steps = RunReader(folder).steps();
  for (auto& step : steps) step.seconds = 0;
  return steps;
}

/// Those that the experiment prescribes: once an epoch.
std::vector<eq::train::EvaluationRecord> validationsIn(const fs::path& folder) {
  std::vector<eq::train::EvaluationRecord> found;
  for (auto evaluation : RunReader(folder).evaluations()) {
    if (evaluation.split != eq::train::SplitName::validation) continue;
    evaluation.seconds = 0;
    evaluation.intervals.clear();
    found.push_back(evaluation);
  }
  return found;
}

std::string parametersIn(const fs::path& folder) {
  auto snapshot = eq::run::readSnapshot(RunReader(folder).checkpoints().back().path);
  for (const auto* key : {"seconds", "records"}) snapshot.meta.erase(key);
  return eq::run::toSafetensors(snapshot);
}

std::string resumedText(const fs::path& folder) {
  std::string text;
  for (const auto& event : RunReader(folder).events())
    if (event.kind == "resumed") text = event.text;
  return text;
}

}  // namespace

/// A run that was complete could not go on.
class TestLonger : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  fs::path workspace() const { return temporary_->path().toStdString(); }

  fs::path finished(const eq::train::Experiment& experiment) const {
    auto runner = Runner::start(experiment, workspace());
    finish(*runner);
    return runner->folder();
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void aCompleteRunGoesOnAsIfItHadHadMoreEpochsFromTheStart() {
    const auto whole = finished(lasting(5));
    const auto part = finished(lasting(3));
    auto fork = Runner::fork(part, 12, workspace(), {{}, 5});
    finish(*fork);
    finish(*Runner::resume(part, {{}, 5}));
    for (const auto& folder : {part, fork->folder()}) {
      QVERIFY(same(stepsIn(folder), stepsIn(whole)));
      QVERIFY(same(validationsIn(folder), validationsIn(whole)));
      QCOMPARE(parametersIn(folder), parametersIn(whole));
      QCOMPARE(RunReader(folder).info().state, RunState::finished);
      QCOMPARE(RunReader(folder).info().totalSteps, std::int64_t{20});
    }
    QCOMPARE(resumedText(part), std::string("resumed at step 12; trains 5 epochs instead of 3"));
  }

  void staysLongerWhenItIsKilledAtOnce() {
    const auto folder = finished(lasting(3));
    Runner::resume(folder, {{}, 4});
    const auto again = Runner::resume(folder);
    QVERIFY(!again->finished());
    QCOMPARE(again->trainer().totalSteps(), std::int64_t{16});
  }

  void saysWhenTheScheduleDependsOnTheEnd() {
    const auto folder = finished(lasting(3, {{"id", "cosine"}}));
    finish(*Runner::resume(folder, {{}, 4}));
    const auto text = resumedText(folder);
    QVERIFY2(
        text.find("the schedule cosine depends on the number of all steps") != std::string::npos,
        text.c_str());
    QVERIFY(!same(stepsIn(folder), stepsIn(finished(lasting(4, {{"id", "cosine"}})))));
  }

  void refusesWhatIsNotLonger_data() {
    QTest::addColumn<double>("epochs");
    QTest::addColumn<QString>("message");
    QTest::newRow("as many") << 3.0 << "epochs: 3 are 12 steps, and the run has done 12; name more";
    QTest::newRow("fewer") << 2.0 << "epochs: 2 are 8 steps, and the run has done 12; name more";
    QTest::newRow("none") << 0.0 << "epochs: 0";
    QTest::newRow("not a number") << std::nan("") << "epochs: ";
  }
  void refusesWhatIsNotLonger() {
    QFETCH(double, epochs);
    QFETCH(QString, message);
    const auto folder = finished(lasting(3));
    const auto events = RunReader(folder).events().size();
    QString said;
    try {
      Runner::resume(folder, {{}, epochs});
    } catch (const eq::Error& error) {
      said = error.what();
    }
    QVERIFY2(said.contains(message), qPrintable(said));
    QCOMPARE(RunReader(folder).events().size(), events);
    QCOMPARE(RunReader(folder).info().state, RunState::finished);
  }
};

EQUIPOISE_TEST(TestLonger)
#include "tst_longer.moc"
