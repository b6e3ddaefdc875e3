#include <QTest>

#include "core/base/error.h"
#include "core/train/command.h"
#include "core/train/complete_experiment.h"
#include "core/train/experiment.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::Experiment;
using eq::train::experimentFromJson;
using eq::train::withSetting;
using nlohmann::json;

namespace {

json digits() {
  return json::parse(R"({
    "name": "Two digits",
    "data": {"id": "two_digits"},
    "model": {"id": "cnn"},
    "tasks": [
      {"name": "left", "loss": {"id": "focal", "gamma": 3}, "metrics": ["accuracy"]},
      {"name": "right", "weight": 2}
    ],
    "balancer": {"weighting": {"id": "uncertainty"}, "gradient": {"id": "pcgrad", "order": "ascending"}},
    "optimizer": {"id": "sgd", "lr": 0.1},
    "schedule": {"id": "cosine"},
    "batch_size": 64
  })");
}

template <typename Work>
QString message(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

class TestExperiment : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsWhatItWrites() {
    const Experiment experiment = experimentFromJson(digits());
    QCOMPARE(experiment.tasks[0].loss.id, std::string("focal"));
    QVERIFY((experiment.tasks[0].loss.params == json{{"gamma", 3}}));
    QCOMPARE(experiment.tasks[1].weight, 2.0);
    QCOMPARE(experiment.balancer.gradient.id, std::string("pcgrad"));
    QVERIFY(experimentFromJson(toJson(experiment)) == experiment);
  }

  void beginningsAndTheEngineReadBack() {
    auto given = digits();
    QVERIFY(!toJson(experimentFromJson(given)).contains("init"));
    given["engine"] = {{"memory", 12.5}};
    given["init"] = {{"run", "runs/a@3"}, {"freeze", {"trunk.*"}}, {"freeze_steps", 7}};
    const auto experiment = experimentFromJson(given);
    QCOMPARE(experiment.engine.memory, 12.5);
    QCOMPARE(experiment.init.take, std::vector<std::string>({"*"}));
    QCOMPARE(experiment.init.freezeSteps.value(), std::int64_t{7});
    QVERIFY(experimentFromJson(toJson(experiment)) == experiment);
    const auto refusal = [&](const char* key, const json& value) {
      auto other = given;
      other["init"][key] = value;
      return message([&] { experimentFromJson(other); });
    };
    QCOMPARE(refusal("run", ""),
             QString("init.run: is empty; name a run folder, or leave init out"));
    QVERIFY(refusal("take", "trunk").startsWith("init.take: expected a list of patterns on names"));
    QVERIFY(refusal("freeze", {""}).startsWith("init.freeze: expected a list of patterns"));
    QVERIFY(refusal("freeze_steps", 0).startsWith("init.freeze_steps: 0 is below 1"));
    QVERIFY(refusal("takes", json::array()).startsWith("init.takes: unknown"));
  }

  void weightsOfAFileReadBack() {
    auto given = digits();
    given["init"] = {{"file", "a.safetensors"}, {"map", "vit-timm"}, {"take", {"trunk.*"}}};
    const auto experiment = experimentFromJson(given);
    QCOMPARE(experiment.init.file, std::string("a.safetensors"));
    QCOMPARE(experiment.init.map, std::string("vit-timm"));
    QVERIFY(experimentFromJson(toJson(experiment)) == experiment);
    QVERIFY(experimentFromJson(eq::train::completeExperiment(toJson(experiment))).init ==
            experiment.init);
    const auto refusal = [&](const json& init) {
      auto other = given;
      other["init"] = init;
      return message([&] { experimentFromJson(other); });
    };
    QCOMPARE(refusal({{"file", ""}}),
             QString("init.file: is empty; name a file of weights, or leave init out"));
    QCOMPARE(refusal({{"run", "a"}, {"file", "b"}}),
             QString("init: names the run a and the file b; leave one out"));
    QVERIFY(refusal({{"run", "a"}, {"map", "vit-timm"}}).startsWith("init.map: says how a file"));
    QVERIFY(refusal({{"run", "a"}, {"sha256", std::string(64, 'a')}}).startsWith("init.sha256: "));
    QCOMPARE(refusal({{"file", "a"}, {"sha256", "12"}}),
             QString("init.sha256: expected 64 hexadecimal digits in lower case, found 12"));
  }

  void namesThePath_data() {
    QTest::addColumn<QString>("pointer");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("expected");
    QTest::newRow("range") << "/tasks/0/loss/gamma"
                           << "12"
                           << "tasks[0].loss.gamma: 12 is above 10";
    QTest::newRow("unknown id") << "/tasks/0/loss/id"
                                << "\"focl\""
                                << "tasks[0].loss.id: no loss \"focl\"; did you mean \"focal\"?";
    QTest::newRow("no id") << "/data"
                           << "{}"
                           << "data.id: is required and missing";
    QTest::newRow("type") << "/batch_size"
                          << "\"many\""
                          << "batch_size: expected an integer, found \"many\"";
    QTest::newRow("zero") << "/batch_size"
                          << "0"
                          << "batch_size: 0 is below 1";
    QTest::newRow("task name") << "/tasks/1/name"
                               << "\"left\""
                               << "tasks[1].name: \"left\" stands at tasks[0] already";
    QTest::newRow("gradient")
        << "/balancer/gradient/order"
        << "\"up\""
        << "balancer.gradient.order: expected one of random, ascending, descending, found \"up\"";
    QTest::newRow("weight") << "/tasks/1/weight"
                            << "-1"
                            << "tasks[1].weight: -1 is below 0";
  }
  void namesThePath() {
    QFETCH(QString, pointer);
    QFETCH(QString, value);
    QFETCH(QString, expected);
    json experiment = digits();
    experiment[json::json_pointer(pointer.toStdString())] = json::parse(value.toStdString());
    QCOMPARE(message([&] { experimentFromJson(experiment); }), expected);
  }

  void refusesUnknownKeys() {
    json experiment = digits();
    experiment["tasks"][0]["los"] = 1;
    QVERIFY(message([&] {
              experimentFromJson(experiment);
            }).startsWith("tasks[0].los: unknown parameter; known: name, loss"));
  }

  /// It trained all tasks without a word.
  void anEmptyListOfTasksIsRefusedAndNoListMeansAll() {
    json experiment = digits();
    experiment["tasks"] = json::array();
    const QString refusal =
        "tasks: expected at least one task, found []; name those to train, or leave the key out to "
        "train all of the dataset's";
    QCOMPARE(message([&] { experimentFromJson(experiment); }), refusal);
    QCOMPARE(message([&] { withSetting(experimentFromJson(digits()), "tasks=[]"); }), refusal);
    experiment.erase("tasks");
    const auto all = experimentFromJson(experiment);
    QVERIFY(all.tasks.empty());
    QVERIFY(!toJson(all).contains("tasks"));
    QVERIFY(experimentFromJson(toJson(all)) == all);
    QVERIFY(withSetting(all, "seed=7").tasks.empty());
  }

  void setsByPath() {
    const Experiment experiment = experimentFromJson(digits());
    QCOMPARE(withSetting(experiment, "tasks[0].loss.gamma=1.5").tasks[0].loss.params.dump(),
             std::string(R"({"gamma":1.5})"));
    QCOMPARE(withSetting(experiment, "seed=7").seed, std::uint64_t{7});
    QCOMPARE(withSetting(experiment, "device=cuda:1").device, std::string("cuda:1"));
    QCOMPARE(withSetting(experiment, "balancer.gradient.id=mgda").balancer.gradient.params.dump(),
             std::string("{}"));
  }

  void settingAnIdDropsTheFormerParameters() {
    const Experiment changed =
        withSetting(experimentFromJson(digits()), "tasks[0].loss.id=squentropy");
    QCOMPARE(changed.tasks[0].loss.id, std::string("squentropy"));
    QCOMPARE(changed.tasks[0].loss.params.dump(), std::string("{}"));
  }

  void refusesBadSettings() {
    const Experiment experiment = experimentFromJson(digits());
    QCOMPARE(message([&] { withSetting(experiment, "tasks[5].weight=1"); }),
             QString("tasks: there is no entry 5; it has 2"));
    QCOMPARE(message([&] { withSetting(experiment, "seed"); }),
             QString("seed: expected PATH=VALUE, such as tasks[0].loss.id=focal"));
    QVERIFY(message([&] {
              withSetting(experiment, "batchsize=1");
            }).startsWith("batchsize: unknown parameter"));
    QVERIFY(message([&] {
              withSetting(experiment, "name.x=1");
            }).startsWith("name: there is no \"x\" here"));
    QVERIFY(message([&] {
              withSetting(experiment, "tasks[99999999999].weight=1");
            }).contains("expected an index"));
  }

  void commandsRoundTrip_data() {
    QTest::addColumn<QString>("text");
    QTest::newRow("loss") << R"({"kind":"set_loss","task":1,"method":{"id":"focal","gamma":1}})";
    QTest::newRow("weight") << R"({"kind":"set_weight","task":0,"value":3.5})";
    QTest::newRow("enabled") << R"({"kind":"set_task_enabled","task":0,"flag":false})";
    QTest::newRow("frozen") << R"({"kind":"set_task_frozen","task":1,"flag":true})";
    QTest::newRow("weighting") << R"({"kind":"set_weighting","method":{"id":"dwa"}})";
    QTest::newRow("gradient") << R"({"kind":"set_gradient","method":{"id":""}})";
    QTest::newRow("rate") << R"({"kind":"set_learning_rate","value":0.001})";
    QTest::newRow("conflict") << R"({"kind":"set_conflict","every":5,"text":"representation"})";
    QTest::newRow("layers") << R"({"kind":"set_conflict","every":5,"text":"exact","layers":true})";
    QTest::newRow("note") << R"({"kind":"note","text":"here it turns"})";
  }
  void commandsRoundTrip() {
    QFETCH(QString, text);
    const json given = json::parse(text.toStdString());
    const Command command = eq::train::commandFromJson(given, "commands[0]");
    QVERIFY(toJson(command) == given);
    QVERIFY(!describe(experimentFromJson(digits()), command).empty());
  }

  /// What was missing or misspelt counted as 0, false or "".
  void commandsNeedTheirFields_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    QTest::newRow("misspelt") << R"({"kind":"set_weight","task":0,"weight":2})"
                              << ".weight: unknown parameter; known: kind, task, value";
    QTest::newRow("no value") << R"({"kind":"set_learning_rate"})"
                              << ".value: is required and missing (The new value)";
    QTest::newRow("no flag") << R"({"kind":"set_task_enabled","task":0})"
                             << ".flag: is required and missing (Whether it is so from now on)";
    QTest::newRow("flag") << R"({"kind":"set_task_frozen","task":0,"flag":1})"
                          << ".flag: expected true or false, found 1";
    QTest::newRow("task") << R"({"kind":"set_weight","task":1.9,"value":2})"
                          << ".task: expected an integer, found 1.9";
    QTest::newRow("no task") << R"({"kind":"set_loss","method":{"id":"mse"}})"
                             << ".task: is required and missing (Number of the task, from 0)";
    QTest::newRow("method") << R"({"kind":"set_weighting","method":"dwa"})"
                            << R"(.method: expected an object with an "id", found "dwa")";
    QTest::newRow("source") << R"({"kind":"set_conflict","every":5})"
                            << ".text: is required and missing (Where it is measured)";
    QTest::newRow("note") << R"({"kind":"note","note":"here"})"
                          << ".note: unknown parameter; known: kind, text";
    QTest::newRow("foreign") << R"({"kind":"note","text":"here","value":1})"
                             << ".value: unknown parameter; known: kind, text";
  }
  void commandsNeedTheirFields() {
    QFETCH(QString, text);
    QFETCH(QString, expected);
    const json given = json::parse(text.toStdString());
    QCOMPARE(message([&] { eq::train::commandFromJson(given, "commands[0]"); }),
             "commands[0]" + expected);
  }

  void commandsChangeTheExperiment() {
    const Experiment before = experimentFromJson(digits());
    QCOMPARE(applied(before, Command::setLoss(1, {"squentropy"})).tasks[1].loss.id,
             std::string("squentropy"));
    QCOMPARE(applied(before, Command::setGradient({})).balancer.gradient.id, std::string());
    QCOMPARE(applied(before, Command::setLearningRate(0.5)).optimizer.params.at("lr").dump(),
             std::string("0.5"));
  }

  void commandsThatDoNotFitAreRefused() {
    const Experiment before = experimentFromJson(digits());
    QCOMPARE(message([&] { applied(before, Command::setLoss(2, {"focal"})); }),
             QString("tasks[2]: there is no such task; the experiment has 2"));
    QCOMPARE(message([&] {
               applied(before, Command::setLoss(0, {"focal", {{"gamma", -1}}}));
             }),
             QString("tasks[0].loss.gamma: -1 is below 0"));
    QCOMPARE(message([&] { applied(before, Command::setLearningRate(0)); }),
             QString("optimizer.lr: 0 is not above 0"));
    // The run could not be resumed.
    QCOMPARE(message([&] { applied(before, Command::setLearningRate(1e31)); }),
             QString("optimizer.lr: 1e+31 is above 1e+30"));
    QCOMPARE(message([&] { applied(before, Command::setWeight(0, -2)); }),
             QString("tasks[0].weight: -2 is below 0"));
  }
};

EQUIPOISE_TEST(TestExperiment)
#include "tst_experiment.moc"
