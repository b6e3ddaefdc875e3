#include <QTest>

#include "core/train/command.h"
#include "core/train/complete_experiment.h"
#include "core/train/field_choices.h"
#include "core/train/front/front_volume.h"
#include "core/train/front_catalog.h"
#include "core/train/method_text.h"
#include "core/train/settings.h"
#include "tests/core/train/front/front_support.h"

using namespace eq::test;
using eq::train::Command;
using eq::train::Experiment;
using eq::train::Trainer;
using nlohmann::json;

namespace {

std::string refusalOf(const json& method, const json& changes = json::object()) {
  return errorOf([&] { Trainer(frontExperiment(method, changes), schemeProblem()); });
}

const json kPamal{{"id", "pamal"}};

}  // namespace

/// The slot `pareto` of an experiment: read, written, refused.
class TestFrontSlot : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void itIsReadAndWritten() {
    const auto experiment = frontExperiment({{"id", "pamal"}, {"samples", 3}});
    QCOMPARE(experiment.pareto.id, std::string("pamal"));
    QVERIFY((toJson(experiment)["pareto"] == json{{"id", "pamal"}, {"samples", 3}}));
    QVERIFY(eq::train::experimentFromJson(toJson(experiment), experiment.folder) == experiment);
    for (const auto& none : {json(), json{{"id", ""}}}) {
      QVERIFY(frontExperiment(none).pareto.id.empty());
      QVERIFY(!toJson(frontExperiment(none)).contains("pareto"));
    }
    QCOMPARE(eq::train::inWords(experiment.pareto), std::string("PaMaL (samples 3)"));
    const auto whole = eq::train::completeExperiment(toJson(experiment));
    QVERIFY(whole["pareto"]["front_points"] == 11);
    QVERIFY(eq::train::completeExperiment({{"pareto", {{"id", ""}}}})["pareto"].is_null());
  }

  void aWrongMethodIsRefused_data() {
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("message");
    QTest::newRow("unknown") << R"({"id": "pamall"})"
                             << "pareto.id: no method of pareto \"pamall\"";
    QTest::newRow("no id") << R"({"samples": 2})"
                           << "pareto.id: is required and missing";
    QTest::newRow("list") << R"([])"
                          << "pareto: expected an object, found []";
    QTest::newRow("parameter") << R"({"id": "pamal", "sample": 2})"
                               << "pareto";
    QTest::newRow("range") << R"({"id": "pamal", "samples": 0})"
                           << "pareto.samples: ";
    QTest::newRow("points") << R"({"id": "pamal", "front_points": 1})"
                            << "pareto.front_points: ";
  }
  void aWrongMethodIsRefused() {
    QFETCH(QString, method);
    QFETCH(QString, message);
    const auto found = errorOf([&] { frontExperiment(json::parse(method.toStdString())); });
    QVERIFY2(found.starts_with(message.toStdString()), found.c_str());
  }

  /// Every method, with what it cannot stand beside, which is named.
  void otherSlotsAreRefusedByName_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("changes");
    QTest::addColumn<QString>("named");
    for (const auto* method : eq::train::paretoMethods().descriptors()) {
      const auto add = [&](const char* changes, const char* named) {
        QTest::newRow((method->id + ", " + named).c_str())
            << QString::fromStdString(method->id) << changes << named;
      };
      add(R"({"balancer": {"weighting": {"id": "uncertainty"}}})",
          "balancer.weighting.id uncertainty");
      add(R"({"balancer": {"gradient": {"id": "mgda"}}})", "balancer.gradient.id mgda");
      add(R"({"scheme": {"id": "sam_mtl"}})", "scheme.id sam_mtl");
      add(R"({"scheme": {"id": "sampled_tasks"}})", "scheme.id sampled_tasks");
      add(R"({"affinity": {"every": 5}})", "affinity.every 5");
      add(R"({"tasks": [{"name": "a"}]})", "there is 1");
    }
  }
  void otherSlotsAreRefusedByName() {
    QFETCH(QString, id);
    QFETCH(QString, changes);
    QFETCH(QString, named);
    const auto found = refusalOf({{"id", id.toStdString()}}, json::parse(changes.toStdString()));
    QVERIFY2(found.starts_with("pareto.id: " + id.toStdString()), found.c_str());
    QVERIFY2(found.find(named.toStdString()) != std::string::npos, found.c_str());
  }

  void tooFewPointsForTheTasksAreRefused() {
    QCOMPARE(refusalOf({{"id", "pamal"}, {"front_points", 2}},
                       {{"tasks", {{{"name", "a"}}, {{"name", "b"}}, {{"name", "c"}}}}}),
             std::string("pareto.front_points: a front of 3 tasks has at least 3 points (each task "
                         "alone), found 2"));
  }

  void itStaysAsItIsWhileItTrains() {
    Trainer trainer(frontExperiment(kPamal), schemeProblem());
    const auto refused = [&](const Command& command) {
      return errorOf([&] { trainer.apply(command); });
    };
    QVERIFY(refused(Command::setWeighting({"uncertainty"})).starts_with("pareto.id: pamal"));
    QVERIFY(refused(Command::setGradient({"mgda"})).starts_with("pareto.id: pamal"));
    QVERIFY(refused(Command::setScheme({{"sam_mtl"}})).starts_with("pareto.id: pamal"));
    QVERIFY(refused(Command::setAffinity({5, "exact"})).starts_with("pareto.id: pamal"));
    QCOMPARE(trainer.experiment().balancer.weighting.id, std::string("equal"));
    auto without = trainer.experiment();
    without.pareto = {};
    QCOMPARE(errorOf([&] { requireCommandsBetween(trainer.experiment(), without); }),
             std::string("pareto: cannot change in a running job; start a new run with it"));
  }

  void theWindowKnowsWhyNot() {
    auto experiment = frontExperiment(json());
    QCOMPARE(problemOfFront(experiment, {"pamal"}), std::string());
    QCOMPARE(problemOfFront(experiment, {}), std::string());
    experiment.balancer.gradient.id = "mgda";
    QVERIFY(problemOfFront(experiment, {"pamal"}).find("mgda") != std::string::npos);
    experiment.balancer.gradient.id = "";
    QVERIFY(problemOfFront(experiment, {"pamal", {{"samples", 0}}}).starts_with("pareto.samples"));
  }

  void sweepsNameItsFields() {
    const auto fields = eq::train::fieldChoices(frontExperiment(kPamal));
    const auto named = [&](const std::string& path) {
      return std::any_of(fields.begin(), fields.end(),
                         [&](const auto& field) { return field.path == path; });
    };
    QVERIFY(named("pareto.id"));
    QVERIFY(named("pareto.concentration"));
    QVERIFY(named("pareto.front_points"));
    const auto changed = withSetting(frontExperiment(kPamal), "pareto.samples=4");
    QVERIFY((changed.pareto.params["samples"] == json(4)));
    QVERIFY(withSetting(changed, "pareto.id=").pareto.id.empty());
  }

  /// (1, 3), (2, 1) with the reference (2.1, 3.2): 0.1·2.2 + 1·0.2.
  void theVolumeIsToTheFirstFront() {
    const auto recordOf = [](std::vector<std::vector<double>> losses) {
      eq::train::EvaluationRecord record;
      for (const auto& point : losses)
        record.front.push_back({{.5, .5}, {{{"loss", point[0]}}, {{"loss", point[1]}}}});
      return record;
    };
    eq::train::FrontVolume volume;
    QVERIFY(!volume.add(recordOf({})));
    QVERIFY(!volume.add(recordOf({{std::nan(""), 1}})));
    QVERIFY(std::abs(*volume.add(recordOf({{1, 3}, {2, 1}})) - .42) < 1e-12);
    QVERIFY(std::abs(volume.reference()[0] - 2.1) < 1e-12);
    QVERIFY(std::abs(volume.reference()[1] - 3.2) < 1e-12);
    QVERIFY(std::abs(*volume.add(recordOf({{.1, .2}, {std::nan(""), 0}})) - 6) < 1e-12);
  }
};

EQUIPOISE_TEST(TestFrontSlot)
#include "tst_front_slot.moc"
