#include <algorithm>
#include <filesystem>
#include <memory>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/safetensors.h"
#include "core/train/trainer.h"
#include "tests/core/run/same_records.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Runner;
using eq::run::RunReader;
using eq::run::RunState;
using eq::train::Command;
using eq::train::Experiment;
using nlohmann::json;

namespace {

constexpr std::int64_t kSteps = 60;

/// Two tasks, 4 steps an epoch, dropout; a rate at which the validation loss gets worse again.
Experiment ruled(const json& rules) {
  auto value = json::parse(R"({
    "name": "ruled",
    "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
             "train": 64, "validation": 16, "test": 16},
    "model": {"id": "mlp", "hidden": [8], "dropout": 0.2},
    "optimizer": {"id": "adam", "lr": 0.3}, "keep": {"best": false}, "checkpoint_every": 13,
    "batch_size": 16, "epochs": 15, "threads": 1, "conflict": {"every": 3}})");
  value["rules"] = rules;
  return eq::train::experimentFromJson(value);
}

/// One of each kind: by evaluations, by sampled series, by steps.
json manyRules(const std::string& task) {
  return {{{"when", "no_better(val." + task + ".loss, 2)"},
           {"then", {{"kind", "set_learning_rate"}, {"factor", 0.5}}}},
          {{"when", "no_better(val." + task + ".loss, 3)"},
           {"then", {{"kind", "restore_best"}, {"series", "val." + task + ".loss"}}}},
          {{"when", "conflict.frequency(6) > 0.1"},
           {"for", 2},
           {"once", true},
           {"then", {{"kind", "set_gradient"}, {"method", {{"id", "pcgrad"}}}}}},
          {{"when", "slope(loss." + task + ", 4) > 0 and step > 10"},
           {"for", 3},
           {"then", {{"kind", "note"}, {"text", "it rises"}}}},
          {{"when", "step == 30"}, {"then", {{"kind", "checkpoint"}}}}};
}

void stepTo(Runner& runner, std::int64_t last) {
  while (!runner.finished() && runner.trainer().stepsDone() < last) runner.step();
}

std::vector<eq::train::EventRecord> eventsOf(const fs::path& folder, const std::string& kind) {
  auto events = RunReader(folder).events();
  std::erase_if(events, [&](const auto& event) { return event.kind != kind; });
  for (auto& event : events) event.seconds = 0;
  return events;
}

std::string stateOf(const fs::path& folder) {
  auto snapshot = eq::run::readSnapshot(RunReader(folder).checkpoints().back().path);
  for (const auto* key : {"seconds", "records"}) snapshot.meta.erase(key);
  return eq::run::toSafetensors(snapshot);
}

bool isSameRun(const fs::path& a, const fs::path& b) {
  auto ofA = RunReader(a).steps(), ofB = RunReader(b).steps();
  for (auto* steps : {&ofA, &ofB})
    for (auto& step : *steps) step.seconds = 0;
  return same(ofA, ofB) && same(eventsOf(a, "rule"), eventsOf(b, "rule")) &&
         same(eventsOf(a, "command"), eventsOf(b, "command")) && stateOf(a) == stateOf(b);
}

}  // namespace

class TestRuleRuns : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  std::string task_;  ///< the first one's name
  fs::path workspace() const { return temporary_->path().toStdString(); }

  fs::path trained(const json& rules, std::int64_t last = kSteps) const {
    auto runner = Runner::start(ruled(rules), workspace());
    stepTo(*runner, last);
    runner->close();
    return runner->folder();
  }

 private Q_SLOTS:
  void initTestCase() {
    eq::train::useThreads(1);
    task_ = eq::train::Trainer(ruled(nullptr)).tasks().front().name;
  }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void eachFiringIsAnEventThatSaysWhyBeforeWhatItDoes() {
    const auto run = trained(manyRules(task_));
    const auto events = RunReader(run).events();
    size_t fired = 0;
    for (size_t i = 0; i < events.size(); ++i) {
      if (events[i].kind != "rule") continue;
      ++fired;
      QVERIFY(i + 1 < events.size());
      QCOMPARE(events[i + 1].step, events[i].step);
      const auto number = events[i].detail.at("rule").get<int>();
      const std::vector<std::string> kinds{"command", "command", "command", "note", "checkpoint"};
      QCOMPARE(events[i + 1].kind, kinds.at(size_t(number)));
    }
    QVERIFY2(fired > 6, std::to_string(fired).c_str());
    const auto of = [&](int number) {
      return std::count_if(events.begin(), events.end(), [&](const auto& event) {
        return event.kind == "rule" && event.detail.at("rule") == number;
      });
    };
    for (int number = 0; number < 5; ++number)
      QVERIFY2(of(number) > 0, std::to_string(number).c_str());
    QCOMPARE(of(2), 1);
  }

  void whatARuleDoesTakesEffectAtTheNextStep() {
    const auto run = trained(json::array(
        {{{"when", "step == 7"}, {"then", {{"kind", "set_learning_rate"}, {"factor", 0.5}}}},
         {{"when", "epoch == 3"}, {"then", {{"kind", "set_learning_rate"}, {"value", 0.01}}}}}));
    const auto steps = RunReader(run).steps();
    QCOMPARE(steps[6].learningRate, 0.3);
    QCOMPARE(steps[7].learningRate, 0.15);
    QCOMPARE(steps[11].learningRate, 0.15);
    QCOMPARE(steps[12].learningRate, 0.01);
  }

  /// From the exported series alone.
  void noBetterFiresWhereAPlainScriptSaysSo() {
    const auto run = trained(json::array({{{"when", "no_better(val." + task_ + ".loss, 3)"},
                                           {"then", {{"kind", "note"}, {"text", "x"}}}}}));
    std::vector<std::int64_t> expected, found;
    double best = std::numeric_limits<double>::infinity();
    int since = 0;
    std::int64_t last = -1;
    for (const auto& one : RunReader(run).evaluations()) {
      if (one.split != eq::train::SplitName::validation || one.step == last) continue;
      last = one.step;
      const double loss = one.tasks[0].at("loss");
      since = loss < best ? 0 : since + 1;
      best = std::min(best, loss);
      if (since < 3) continue;
      expected.push_back(one.step);
      since = 0;
    }
    for (const auto& event : eventsOf(run, "rule")) found.push_back(event.step);
    QVERIFY(!expected.empty());
    QCOMPARE(found, expected);
  }

  void resumedAndForkedBitForBit() {
    const auto rules = manyRules(task_);
    const auto whole = trained(rules);
    for (const std::int64_t cut : {8, 21, 27, 44}) {
      auto runner = Runner::start(ruled(rules), workspace());
      stepTo(*runner, cut);
      runner->take();
      const auto folder = runner->folder();
      if (cut % 2 == 0) runner->leave();  // else it is killed
      runner.reset();
      runner = Runner::resume(folder);
      stepTo(*runner, kSteps);
      runner->close();
      QVERIFY2(isSameRun(folder, whole), std::to_string(cut).c_str());
    }
    for (const std::int64_t step : {0, 5, 13, 14, 24, 30, 39, 48, 51, 59}) {
      auto fork = Runner::fork(whole, step, workspace());
      QVERIFY(!eventsOf(fork->folder(), "started").back().detail.contains("differences"));
      stepTo(*fork, kSteps);
      fork->close();
      QVERIFY2(isSameRun(fork->folder(), whole), std::to_string(step).c_str());
    }
  }

  void stopsTheRunAndSaysWhy() {
    const auto run = trained(json::array(
        {{{"when", "no_better(val." + task_ + ".loss, 2)"}, {"then", {{"kind", "stop"}}}}}));
    const auto info = RunReader(run).info();
    QVERIFY(info.steps < kSteps && info.steps % 4 == 0);
    QCOMPARE(info.state, RunState::stopped);
    QVERIFY2(info.message.starts_with("rule 1: no_better(val."), info.message.c_str());
    QCOMPARE(eventsOf(run, "rule").size(), size_t{1});
    QCOMPARE(eventsOf(run, "stopped").size(), size_t{1});
    auto resumed = Runner::resume(run);
    QVERIFY(!resumed->finished());
    QVERIFY(RunReader(run).info().message.empty());
  }

  void restoreBestGoesBackWithTheParametersAlone() {
    const auto series = "validation." + task_ + ".loss";
    const auto rules = json::array(
        {{{"when", "step == 50"}, {"then", {{"kind", "restore_best"}, {"series", series}}}}});
    auto runner = Runner::start(ruled(rules), workspace());
    stepTo(*runner, 50);
    const auto file = runner->checkpoint();
    const auto folder = runner->folder();
    std::int64_t best = -1;
    double lowest = std::numeric_limits<double>::infinity();
    for (const auto& one : RunReader(folder).evaluations())
      if (one.tasks[0].at("loss") < lowest) {
        lowest = one.tasks[0].at("loss");
        best = one.step;
      }
    QVERIFY(best < 48);
    auto at = Runner::fork(folder, best, workspace());
    const auto then = eq::run::readSnapshot(eq::run::checkpointFile(at->folder(), best));
    const auto now = eq::run::readSnapshot(file);
    for (const auto& [name, tensor] : then.tensors)
      if (name.starts_with("model.")) QVERIFY(tensor.equal(now.tensors.at(name)));
    QCOMPARE(now.meta.at("step").get<int>(), 50);
    const auto command = eventsOf(folder, "command").back();
    QVERIFY2(command.text.find(fmt::format("of step {}", best)) != std::string::npos,
             command.text.c_str());
  }

  void aRuleThatCannotDoItIsNotedAndTrainingGoesOn() {
    const auto run = trained(json::array(
        {{{"when", "step > 0"}, {"then", {{"kind", "set_learning_rate"}, {"factor", 1e300}}}}}));
    QCOMPARE(RunReader(run).info().steps, kSteps);
    const auto rules = eventsOf(run, "rule");
    QVERIFY(std::any_of(rules.begin(), rules.end(), [](const auto& event) {
      return event.text.find("was not done: optimizer.lr") != std::string::npos;
    }));
  }

  void rulesChangeWhileItTrains() {
    auto runner = Runner::start(ruled(nullptr), workspace());
    stepTo(*runner, 10);
    auto experiment = runner->trainer().experiment();
    experiment.rules =
        ruled(json::array({{{"when", "step >= 12"},
                            {"once", true},
                            {"then", {{"kind", "set_weight"}, {"task", 0}, {"value", 0.5}}}}}))
            .rules;
    const auto commands = eq::train::commandsBetween(runner->trainer().experiment(), experiment);
    QCOMPARE(commands->size(), size_t{1});
    runner->apply(commands->front());
    stepTo(*runner, kSteps);
    runner->close();
    const auto steps = RunReader(runner->folder()).steps();
    QCOMPARE(steps[11].weights[0], 1.0);
    QCOMPARE(steps[12].weights[0], 0.5);
    auto fork = Runner::fork(runner->folder(), 11, workspace());
    stepTo(*fork, kSteps);
    fork->close();
    QVERIFY(isSameRun(fork->folder(), runner->folder()));
  }

  void aRuleOfASeriesThatIsNoneIsRefusedByWhoeverIsAsked() {
    auto runner = Runner::start(ruled(nullptr), workspace());
    stepTo(*runner, 10);
    auto experiment = runner->trainer().experiment();
    const json rule{{"when", "loss.none > 1"}, {"then", {{"kind", "stop"}}}};
    experiment.rules = ruled(json::array({rule})).rules;
    const auto commands =
        eq::train::requireCommandsBetween(runner->trainer().experiment(), experiment);
    const auto isRefused = [](const auto& ask) {
      try {
        ask();
      } catch (const eq::Error& error) {
        return std::string(error.what())
            .starts_with("rules[0].when: line 1, column 1: there is no loss.none");
      }
      return false;
    };
    QVERIFY(isRefused([&] { runner->apply(commands.front()); }));
    QVERIFY(runner->trainer().experiment().rules.empty());
    runner->close();
    const auto set = "rules=" + json::array({rule}).dump();
    QVERIFY(isRefused([&] { Runner::fork(runner->folder(), 5, workspace(), {}, {{set}, {}}); }));
    QVERIFY(isRefused([&] {
      Runner::fork(runner->folder(), 5, workspace(), {}, {{}, {commands.front()}});
    }));
  }
};

EQUIPOISE_TEST(TestRuleRuns)
#include "tst_rule_runs.moc"
