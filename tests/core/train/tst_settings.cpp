#include <QTest>

#include "core/base/error.h"
#include "core/train/settings.h"
#include "tests/registry.h"

using eq::train::Experiment;
using eq::train::experimentFromJson;
using eq::train::Setting;
using eq::train::withSettings;
using nlohmann::json;

namespace {

Experiment scales(const json& more = json::object()) {
  json experiment = json::parse(R"({
    "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
             "train": 64, "validation": 16, "test": 16},
    "model": {"id": "mlp", "hidden": [8]}, "optimizer": {"id": "sgd", "momentum": 0.5}})");
  experiment.update(more);
  return experimentFromJson(experiment);
}

QString refusalOf(const Experiment& experiment, const std::vector<Setting>& settings) {
  try {
    withSettings(experiment, settings);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

/// Fields by their paths, set at once.
class TestSettings : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// There was "no entry 0": the list had to be written into the file.
  void tasksOfTheDataHaveNumbersWhereNoneAreNamed() {
    const auto set = withSettings(scales(), {{"tasks[1].loss.id", "l1"}});
    QCOMPARE(set.tasks.size(), size_t{2});
    QCOMPARE(set.tasks[0].name, std::string("y1"));
    QCOMPARE(set.tasks[0].loss.id, std::string("mse"));
    QCOMPARE(set.tasks[1].loss.id, std::string("l1"));
    QVERIFY(withSettings(scales(), {{"seed", 3}}).tasks.empty());
    QCOMPARE(refusalOf(scales(), {{"tasks[2].weight", 1}}),
             QString("tasks: there is no entry 2; it has 2"));
  }

  void tasksAreThoseOfTheDataAsSet() {
    const auto set =
        withSettings(scales(), {{"tasks[2].weight", 2}, {"data.scales", {1.0, 2.0, 3.0}}});
    QCOMPARE(set.tasks.size(), size_t{3});
    QCOMPARE(set.tasks[2].weight, 2.0);
  }

  void idsComeFirst() {
    const auto set = withSettings(scales(), {{"optimizer.beta1", 0.8}, {"optimizer.id", "adam"}});
    QCOMPARE(set.optimizer.id, std::string("adam"));
    QVERIFY((set.optimizer.params == json{{"beta1", 0.8}}));
  }

  void anIdThatStaysKeepsItsParameters() {
    const auto set = withSettings(scales(), {{"optimizer.id", "sgd"}, {"optimizer.lr", 0.5}});
    QVERIFY((set.optimizer.params == json{{"momentum", 0.5}, {"lr", 0.5}}));
    QVERIFY(withSettings(scales(), {{"optimizer.id", "adam"}}).optimizer.params.empty());
  }

  void aWholeMethodComesBeforeItsParts() {
    const auto set =
        withSettings(scales(), {{"optimizer.lr", 0.5}, {"optimizer", {{"id", "adam"}}}});
    QVERIFY((set.optimizer.params == json{{"lr", 0.5}}));
  }

  void valuesAreCheckedWhenAllStand() {
    QVERIFY(refusalOf(scales(), {{"optimizer.momentum", 0.9}, {"optimizer.id", "adam"}})
                .startsWith("optimizer.momentum: unknown parameter"));
    QVERIFY(refusalOf(scales(), {{"optimizer.lr", -1}}).startsWith("optimizer.lr: -1 is "));
  }

  void noGradientMethodHasThreeSpellings_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::newRow("null") << "balancer.gradient"
                          << "null";
    QTest::newRow("empty method") << "balancer.gradient"
                                  << R"({"id": ""})";
    QTest::newRow("empty id") << "balancer.gradient.id"
                              << R"("")";
  }
  void noGradientMethodHasThreeSpellings() {
    QFETCH(QString, path);
    QFETCH(QString, value);
    const auto with = scales({{"balancer", {{"gradient", {{"id", "pcgrad"}}}}}});
    QCOMPARE(with.balancer.gradient.id, std::string("pcgrad"));
    const Setting setting{path.toStdString(), json::parse(value.toStdString())};
    QCOMPARE(withSettings(with, {setting}).balancer.gradient.id, std::string());
    QCOMPARE(withSettings(scales(), {setting}).balancer.gradient.id, std::string());
    json file = toJson(with);
    eq::train::set(file, setting);
    QVERIFY(experimentFromJson(file).balancer.gradient == eq::train::MethodSpec{});
  }

  void noMethodHasNoParameters() {
    QVERIFY(refusalOf(scales(), {{"balancer.gradient", {{"id", ""}, {"order", "random"}}}})
                .startsWith("balancer.gradient"));
  }

  void aFileForManyRunsIsNoExperiment() {
    try {
      scales({{"sweep", json::object()}});
      QFAIL("was taken");
    } catch (const eq::Error& error) {
      QVERIFY(QString(error.what()).startsWith("sweep: "));
    }
  }
};

EQUIPOISE_TEST(TestSettings)
#include "tst_settings.moc"
