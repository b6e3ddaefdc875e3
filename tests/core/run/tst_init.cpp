#include <QTemporaryDir>
#include <QTest>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/runner.h"
#include "core/run/teacher.h"
#include "core/train/parting/parting.h"
#include "core/train/snapshot.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::makeTrainer;
using eq::run::Runner;
using eq::train::Experiment;
using nlohmann::json;

namespace {

Experiment facts(const json& init = nullptr, json changes = json::object()) {
  json value{{"name", "facts"},
             {"data", {{"id", "digit_facts"}}},
             {"model", {{"id", "mlp"}, {"hidden", {12, 8}}}},
             {"tasks", {{{"name", "digit"}}, {{"name", "parity"}}}},
             {"balancer", {{"gradient", {{"id", "pcgrad"}}}}},
             {"batch_size", 32},
             {"epochs", 40},
             {"threads", 1}};
  if (!init.is_null()) value["init"] = init;
  value.update(changes);
  return eq::train::experimentFromJson(value);
}

void trainTo(Runner& runner, std::int64_t step) {
  while (runner.trainer().stepsDone() < step) runner.step();
}

using Tensors = std::map<std::string, at::Tensor>;

Tensors tensorsOf(const eq::train::Trainer& trainer) {
  return trainer.snapshot().tensors;
}

bool areEqual(const Tensors& a, const Tensors& b, const std::string& name) {
  return a.at("model." + name).equal(b.at("model." + name));
}

QString messageOf(const Experiment& experiment) {
  try {
    makeTrainer(experiment);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return "nothing thrown";
}

}  // namespace

class TestInit : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    auto runner = Runner::start(facts(), folder_.path().toStdString());
    trainTo(*runner, 30);
    source_ = tensorsOf(runner->trainer());
    runner->close();
    run_ = runner->folder().string();
  }

  void aRunBeginsWithTheParametersOfAnother() {
    const auto trainer = makeTrainer(facts({{"run", run_}}));
    const auto taken = tensorsOf(*trainer);
    for (const auto& [name, tensor] : source_)
      if (name.starts_with("model.")) QVERIFY2(tensor.equal(taken.at(name)), name.c_str());
    QCOMPARE(trainer->stepsDone(), std::int64_t{0});
    QCOMPARE(trainer->experiment().init.run, run_ + "@30");
  }

  void patternsChooseAndTheRestBeginsAfresh() {
    const auto fresh = tensorsOf(*makeTrainer(facts()));
    const auto taken =
        tensorsOf(*makeTrainer(facts({{"run", run_}, {"take", {"trunk.*", "head.parity.*"}}})));
    QVERIFY(areEqual(taken, source_, "trunk.0.weight"));
    QVERIFY(areEqual(taken, source_, "head.parity.linear-1.weight"));
    QVERIFY(areEqual(taken, fresh, "head.digit.linear-10.weight"));
    QVERIFY(!areEqual(taken, source_, "head.digit.linear-10.weight"));
  }

  /// Copies of a stage begin as that stage of the other network, by either name.
  void copiesOfAStageTakeThatStage() {
    const json tuned{{"model", {{"id", "subtuning"}, {"hidden", {12, 8}}, {"tuned", {2}}}},
                     {"balancer", {{"weighting", {{"id", "equal"}}}}}};
    for (const char* pattern : {"*", "trunk.*", "task.*"}) {
      const auto taken =
          tensorsOf(*makeTrainer(facts({{"run", run_}, {"take", {pattern}}}, tuned)));
      for (const char* task : {"digit", "parity"})
        for (const char* part : {"weight", "bias"})
          QVERIFY(taken.at(fmt::format("model.task.{}.1.{}", task, part))
                      .equal(source_.at(fmt::format("model.trunk.1.{}", part))));
      QCOMPARE(areEqual(taken, source_, "trunk.0.weight"), *pattern != 't' || pattern[1] == 'r');
    }
  }

  /// A network that goes on with weights of clusters goes on with the clusters.
  void buffersAreTakenToo() {
    const json clustered{{"model", {{"id", "mor1e"}, {"hidden", {6}}, {"clusters", 4}}}};
    auto runner = Runner::start(facts(nullptr, clustered), folder_.path().toStdString());
    trainTo(*runner, 2);
    const auto centroids = tensorsOf(runner->trainer()).at("model.trunk.centroids");
    runner->close();
    auto other = clustered;
    other["seed"] = 8;
    const auto fresh = tensorsOf(*makeTrainer(facts(nullptr, other)));
    const auto taken = tensorsOf(*makeTrainer(facts({{"run", runner->folder().string()}}, other)));
    QVERIFY(!fresh.at("model.trunk.centroids").equal(centroids));
    QVERIFY(taken.at("model.trunk.centroids").equal(centroids));
  }

  void whatDidNotFitIsListed() {
    auto trainer =
        makeTrainer(facts({{"run", run_}}, {{"model", {{"id", "mlp"}, {"hidden", {12, 9, 4}}}}}));
    const auto events = trainer->takeEvents();
    const auto found = std::find_if(events.begin(), events.end(), [](const auto& event) {
      return event.text.starts_with("begins with ");
    });
    QVERIFY(found != events.end());
    QCOMPARE(found->detail.at("taken").dump(),
             std::string(R"(["trunk.0.weight","trunk.0.bias","head.digit.linear-10.bias",)"
                         R"("head.parity.linear-1.bias"])"));
    QVERIFY(found->detail.at("missing").dump().find("trunk.2.weight") != std::string::npos);
    QVERIFY(found->detail.at("other_shape").dump().find("trunk.1.weight") != std::string::npos);
  }

  void whatIsFrozenKeepsItsBits_data() {
    QTest::addColumn<QByteArray>("balancer");
    for (const char* gradient : {"", "pcgrad", "mgda", "mgda_ub"})
      QTest::newRow(*gradient == 0 ? "none" : gradient)
          << (*gradient == 0 ? QByteArray("{}")
                             : QByteArray(R"({"gradient": {"id": ")") + gradient + "\"}}");
  }
  void whatIsFrozenKeepsItsBits() {
    QFETCH(QByteArray, balancer);
    auto trainer = makeTrainer(
        facts({{"run", run_}, {"freeze", {"trunk.0.*", "head.digit.*"}}},
              {{"balancer", json::parse(balancer.toStdString())}, {"conflict", {{"every", 1}}}}));
    for (int i = 0; i < 5; ++i) trainer->step();
    const auto now = tensorsOf(*trainer);
    for (const char* name : {"trunk.0.weight", "trunk.0.bias", "head.digit.linear-10.weight"})
      QVERIFY2(areEqual(now, source_, name), name);
    for (const char* name : {"trunk.1.weight", "trunk.1.bias", "head.parity.linear-1.weight"})
      QVERIFY2(!areEqual(now, source_, name), name);
    const auto parameters = trainer->description().at("parameters");
    for (const auto& parameter : parameters) {
      const auto name = parameter.at("name").get<std::string>();
      const bool frozen = name.starts_with("trunk.0") || name.starts_with("head.digit");
      QCOMPARE(parameter.at("trainable").get<bool>(), !frozen);
    }
  }

  /// The gradients of the columns that are left are those of the same network without a freeze.
  void conflictIsThatOfWhatIsTrained() {
    const json every{{"conflict", {{"every", 1}, {"layers", true}}},
                     {"balancer", {{"weighting", {{"id", "equal"}}}}}};
    auto whole = makeTrainer(facts({{"run", run_}}, every));
    auto part = makeTrainer(facts({{"run", run_}, {"freeze", {"trunk.0.*"}}}, every));
    whole->step();
    part->step();
    const auto all = whole->takeRecords().front().conflict.value();
    const auto left = part->takeRecords().front().conflict.value();
    QCOMPARE(left.layers.size(), size_t{1});
    QCOMPARE(left.layers.front().name, std::string("trunk.1"));
    const auto& same = all.layers.back();
    for (size_t k = 0; k < 2; ++k) {
      QVERIFY(std::abs(left.norms[k] - same.norms[k]) < 1e-5 * same.norms[k]);
      QVERIFY(left.norms[k] < all.norms[k]);
    }
    QVERIFY(std::abs(left.cosines[1] - same.cosines[0]) < 1e-5);
  }

  void whatWasFrozenForAWhileIsTrainedThen() {
    const fs::path workspace = folder_.path().toStdString();
    const json init{{"run", run_}, {"freeze", {"trunk.*"}}, {"freeze_steps", 6}};
    auto whole = Runner::start(facts(init, {{"balancer", json::object()}}), workspace);
    trainTo(*whole, 6);
    QVERIFY(areEqual(tensorsOf(whole->trainer()), source_, "trunk.0.weight"));
    whole->checkpoint();
    trainTo(*whole, 9);
    QVERIFY(!areEqual(tensorsOf(whole->trainer()), source_, "trunk.0.weight"));
    QVERIFY(!areEqual(tensorsOf(whole->trainer()), source_, "trunk.1.bias"));
    whole->checkpoint();
    trainTo(*whole, 14);
    const auto bits = tensorsOf(whole->trainer());
    const auto folder = whole->folder();
    whole->close();
    const auto events = eq::run::RunReader(folder).events();
    const auto released = std::find_if(events.begin(), events.end(),
                                       [](const auto& event) { return event.kind == "structure"; });
    QVERIFY(released != events.end());
    QCOMPARE(released->step, std::int64_t{6});
    for (const std::int64_t step : {3, 6, 9}) {
      auto fork = Runner::fork(folder, step, workspace);
      trainTo(*fork, 14);
      for (const auto& [name, tensor] : tensorsOf(fork->trainer()))
        QVERIFY2(tensor.equal(bits.at(name)), name.c_str());
      fork->close();
    }
  }

  /// A copy a task from the layer on, each with its parameters: nothing that a task computes is
  /// other than it was.
  void aLayerIsSplitByTask() {
    const std::vector<std::string> tasks{"digit", "parity"};
    const auto before = makeTrainer(facts({{"run", run_}}));
    const auto parted = makeTrainer(eq::train::partedAt(facts(), tasks, "trunk.1", run_));
    const auto taken = tensorsOf(*parted);
    for (const auto& task : tasks)
      for (const char* part : {".1.weight", ".1.bias"})
        QVERIFY(taken.at("model.task." + task + part)
                    .equal(source_.at(std::string("model.trunk") + part)));
    QVERIFY(areEqual(taken, source_, "trunk.0.weight"));
    QVERIFY(areEqual(taken, source_, "head.parity.linear-1.weight"));
    const auto lossesOf = [](eq::train::Trainer& trainer) {
      std::vector<double> losses;
      for (const auto& task : trainer.evaluate(eq::train::SplitName::validation).tasks)
        losses.push_back(task.at("loss"));
      return losses;
    };
    const auto expected = lossesOf(*before), found = lossesOf(*parted);
    QCOMPARE(found.size(), size_t(2));
    for (size_t k = 0; k < 2; ++k) QVERIFY(std::abs(found[k] - expected[k]) < 1e-6 * expected[k]);
    for (int i = 0; i < 3; ++i) parted->step();
    const auto apart = tensorsOf(*parted);
    QVERIFY(!apart.at("model.task.digit.1.weight").equal(apart.at("model.task.parity.1.weight")));
  }

  /// With the start, and with what a structure changes.
  void theRecordTellsWhoOwnsWhat() {
    const auto sizesOf = [](const eq::train::EventRecord& event) {
      std::int64_t numbers = 0;
      for (const auto& owner : event.detail.at("owners"))
        numbers += owner.at("parameters").get<std::int64_t>();
      return numbers;
    };
    const json ltb{{"id", "ltb"}, {"hidden", {12, 8}}, {"fix_at", 0.5}};
    auto runner = Runner::start(facts(nullptr, {{"model", ltb}, {"epochs", 0.2}}),
                                folder_.path().toStdString());
    const auto first = runner->trainer().parameterCount();
    while (!runner->finished()) runner->step();
    const auto last = runner->trainer().parameterCount();
    runner->close();
    QVERIFY(last < first);
    std::vector<std::int64_t> sizes;
    for (const auto& event : eq::run::RunReader(runner->folder()).events())
      if (event.kind == "started" || event.kind == "structure") sizes.push_back(sizesOf(event));
    QCOMPARE(sizes, (std::vector<std::int64_t>{first, last}));
  }

  void goesOnToTheBitWithoutTheOtherRun() {
    const fs::path workspace = folder_.path().toStdString();
    const auto copy = workspace / "source";
    fs::copy(run_, copy, fs::copy_options::recursive);
    auto whole =
        Runner::start(facts({{"run", copy.string()}, {"freeze", {"trunk.0.*"}}}), workspace);
    trainTo(*whole, 8);
    whole->checkpoint();
    trainTo(*whole, 16);
    const auto bits = tensorsOf(whole->trainer());
    const auto folder = whole->folder();
    whole->close();
    fs::remove_all(copy);
    auto fork = Runner::fork(folder, 8, workspace);
    trainTo(*fork, 16);
    for (const auto& [name, tensor] : tensorsOf(fork->trainer()))
      QVERIFY2(tensor.equal(bits.at(name)), name.c_str());
    fork->close();
  }

  void refusalsNameThePlace() {
    const auto refusal = [&](json init) {
      if (!init.contains("run")) init["run"] = run_;
      return messageOf(facts(init));
    };
    QVERIFY2(refusal({{"run", "nowhere"}}).startsWith("init.run: "),
             qPrintable(refusal({{"run", "nowhere"}})));
    QVERIFY(refusal({{"run", run_ + "@7"}}).startsWith("init.run: "));
    QCOMPARE(refusal({{"take", {"trunk.*", "body.*"}}}),
             "init.take[1]: \"body.*\" takes nothing of " + QString::fromStdString(run_) +
                 "@30: no parameter of this model has a name that fits and is there");
    QVERIFY(refusal({{"freeze", {"body.*"}}})
                .startsWith("init.freeze[0]: no parameter is called body.*; there are trunk.0"));
    QCOMPARE(refusal({{"freeze", {"*"}}}),
             QString("init.freeze: nothing is left that could be trained for digit"));
  }

 private:
  QTemporaryDir folder_;
  std::string run_;
  Tensors source_;
};

EQUIPOISE_TEST(TestInit)
#include "tst_init.moc"
