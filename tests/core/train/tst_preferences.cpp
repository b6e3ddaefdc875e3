#include <QTest>

#include <cmath>

#include "core/balance/catalog.h"
#include "core/train/command.h"
#include "core/train/preferences.h"
#include "tests/core/train/scheme_support.h"

using eq::test::errorOf;
using eq::test::schemeExperiment;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::train::Command;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

constexpr const char* kList = "balancer.gradient.preference";

json tasksOf(const std::vector<json>& preferences) {
  json tasks = json::array();
  for (size_t k = 0; k < preferences.size(); ++k) {
    tasks.push_back({{"name", std::string(1, static_cast<char>('a' + k))}});
    if (!preferences[k].is_null()) tasks.back()["preference"] = preferences[k];
  }
  return tasks;
}

/// \param slot "gradient" or "weighting".
json changesOf(const char* slot, const std::string& id, const std::vector<json>& preferences,
               const json& list = nullptr) {
  json method{{"id", id}};
  if (!list.is_null()) method["preference"] = list;
  return {{"balancer", {{slot, method}}}, {"tasks", tasksOf(preferences)}};
}

bool sameWeights(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t k = 0; k < a[i].weights.size(); ++k)
      if (a[i].weights[k] != b[i].weights[k] || a[i].losses[k] != b[i].losses[k]) return false;
  return true;
}

std::vector<StepRecord> trained(const json& changes, int steps = 4) {
  Trainer trainer(schemeExperiment(changes), schemeProblem());
  return trainSteps(trainer, steps);
}

}  // namespace

/// How much tasks count, as they say themselves.
class TestPreferences : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  /// The same bits as by a list of the method's own; a task without one has what the method gives
  /// it.
  void areThoseOfAList_data() {
    QTest::addColumn<QString>("slot");
    QTest::addColumn<double>("own");
    for (const char* id : {"aligned_mtl", "aligned_mtl_ub", "upgrad", "dualproj", "epo", "sdmgrad"})
      QTest::newRow(id) << "gradient" << 1.0 / 3;
    QTest::newRow("config") << "gradient" << 1.0;
    for (const char* id : {"stch", "tchebycheff", "pbi"})
      QTest::newRow(id) << "weighting" << 1.0 / 3;
  }
  void areThoseOfAList() {
    QFETCH(QString, slot);
    QFETCH(double, own);
    const std::string id = QTest::currentDataTag();
    const auto slotName = slot.toStdString();
    const auto with = [&](const std::vector<json>& tasks, const json& list) {
      return changesOf(slotName.c_str(), id, tasks, list);
    };
    const json none;
    const auto byList = trained(with({none, none, none}, {0.2, own, 0.9}));
    QVERIFY(sameWeights(trained(with({0.2, none, 0.9}, none)), byList));
    QVERIFY(!sameWeights(trained(with({none, none, none}, none)), byList));
    QVERIFY(
        sameWeights(trained(with({own, own, own}, none)), trained(with({none, none, none}, none))));
  }

  void everyMethodThatTakesOneIsTriedHere() {
    int count = 0;
    for (const auto* descriptor : eq::balance::allDescriptors())
      for (const auto& spec : descriptor->parameters) count += spec.name == "preference";
    QCOMPARE(count, 10);
  }

  /// The state of a method goes on, and the event says what was changed.
  void areChangedWhileItTrains() {
    const auto changes = changesOf("gradient", "sdmgrad", {0.2, nullptr, nullptr});
    Trainer trainer(schemeExperiment(changes), schemeProblem());
    trainSteps(trainer, 3);
    trainer.takeEvents();
    const auto before = trainer.snapshot();
    trainer.apply(Command::setPreference(0, 0.8));
    QVERIFY(trainer.snapshot().meta.at("balancer") == before.meta.at("balancer"));
    QCOMPARE(trainer.takeEvents()[0].text, std::string("a, preference 0.2 → 0.8"));
    const auto records = trainSteps(trainer, 3);
    // The same as a run from there with that preference.
    Trainer other(schemeExperiment(changesOf("gradient", "sdmgrad", {0.8, nullptr, nullptr})),
                  schemeProblem());
    other.restore(before);
    QVERIFY(sameWeights(trainSteps(other, 3), records));
    Trainer unchanged(schemeExperiment(changes), schemeProblem());
    unchanged.restore(before);
    QVERIFY(!sameWeights(trainSteps(unchanged, 3), records));
    trainer.apply(Command::setPreference(0, std::nullopt));
    QCOMPARE(trainer.takeEvents()[0].text, std::string("a, preference 0.8 → the method's own"));
    QVERIFY(!trainer.experiment().tasks[0].preference);
  }

  void areReadAndWritten() {
    const auto made = schemeExperiment({{"tasks", tasksOf({0.5, nullptr, 0})}});
    QVERIFY(made.tasks[0].preference == 0.5 && !made.tasks[1].preference);
    QVERIFY(eq::train::experimentFromJson(eq::train::toJson(made), made.folder) == made);
    for (const json& value : {json(0.5), json()}) {
      const json command{{"kind", "set_preference"}, {"task", 2}, {"value", value}};
      QVERIFY(toJson(eq::train::commandFromJson(command, "c")) == command);
    }
    QVERIFY(errorOf([] {
              schemeExperiment({{"tasks", tasksOf({-1, nullptr, nullptr})}});
            }).find("tasks[0].preference") != std::string::npos);
  }

  void whatDoesNotFitIsRefused() {
    const auto refused = [](const json& changes) {
      return errorOf([&] { Trainer(schemeExperiment(changes), schemeProblem()); });
    };
    const auto both = refused(changesOf("gradient", "epo", {0.5, nullptr, nullptr}, {1, 1, 1}));
    QVERIFY(both.find("tasks[0].preference") == 0 && both.find(kList) != std::string::npos);
    QVERIFY(refused(changesOf("gradient", "epo", {0, 0, 0})).find("above 0") != std::string::npos);
    auto clusters = changesOf("gradient", "upgrad", {0.5, nullptr, nullptr});
    clusters["scheme"] = {{"id", "interval_clustering"}};
    QVERIFY(refused(clusters).find("clusters") != std::string::npos);
    Trainer trainer(schemeExperiment(changesOf("gradient", "epo", {0.5, 0, 0})), schemeProblem());
    QVERIFY(!errorOf([&] { trainer.apply(Command::setPreference(0, 0)); }).empty());
    QVERIFY(trainer.experiment().tasks[0].preference == 0.5);
    QVERIFY(!errorOf([&] { trainer.apply(Command::setPreference(0, -1)); }).empty());
    QVERIFY(!errorOf([&] {
               trainer.apply(Command::setGradient({"upgrad", {{"preference", {1, 1, 1}}}}));
             }).empty());
  }

  /// `cr_mogm` takes none, whatever the method within would take.
  void reachNoMethodWithin() {
    const auto within = [](const std::vector<json>& preferences) {
      auto changes = changesOf("gradient", "cr_mogm", preferences);
      changes["balancer"]["gradient"]["inner"] = "upgrad";
      return trained(changes);
    };
    QVERIFY(sameWeights(within({0.7, 0.2, 0.1}), within({nullptr, nullptr, nullptr})));
  }

  /// Where no method takes one it is said, at the start and as a job runs.
  void whatNobodyTakesIsTold() {
    Trainer trainer(schemeExperiment(changesOf("gradient", "mgda", {nullptr, 0.5, nullptr})),
                    schemeProblem());
    const auto& warnings = trainer.warnings();
    QVERIFY(std::any_of(warnings.begin(), warnings.end(), [](const auto& warning) {
      return warning.message ==
             "tasks[1].preference: equal and mgda take none, so it changes nothing";
    }));
    trainer.apply(Command::setPreference(1, 0.7));
    QVERIFY(trainer.takeEvents()[0].text.ends_with("; no method in force takes a preference"));
    QVERIFY(eq::train::idlePreference(schemeExperiment()).empty());
  }

  /// From any preferences to any others, by way of a list and back: at no moment is one refused.
  void commandsLeadFromOneToTheOther() {
    const json none;
    auto clustered = changesOf("gradient", "epo", {none, none, none});
    clustered["scheme"] = {{"id", "interval_clustering"}, {"clusters", 2}};
    const std::vector<json> all{changesOf("gradient", "epo", {0.3, 0, none}),
                                changesOf("gradient", "epo", {0, 0.5, 0}),
                                changesOf("gradient", "epo", {none, none, none}, {1, 2, 3}),
                                changesOf("gradient", "mgda", {none, none, 2}), clustered};
    for (const auto& from : all)
      for (const auto& to : all) {
        Trainer trainer(schemeExperiment(from), schemeProblem());
        auto wanted = trainer.experiment();
        const auto other = Trainer(schemeExperiment(to), schemeProblem()).experiment();
        wanted.balancer = other.balancer;
        wanted.schemes = other.schemes;
        wanted.tasks = other.tasks;
        for (const auto& command : eq::train::requireCommandsBetween(trainer.experiment(), wanted))
          trainer.apply(command);
        QVERIFY(trainer.experiment() == wanted);
      }
  }
};

EQUIPOISE_TEST(TestPreferences)
#include "tst_preferences.moc"
