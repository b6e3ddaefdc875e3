#include "core/train/scheme_catalog.h"

#include <QTest>

#include "core/train/command.h"
#include "tests/core/train/scheme_support.h"

using eq::test::schemeExperiment;
using eq::test::schemeJson;
using eq::test::schemeProblem;
using eq::test::trainSteps;
using eq::test::withItsModel;
using eq::test::withScheme;
using eq::test::withTeacher;
using eq::train::Command;
using eq::train::SplitName;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

bool sameNumbers(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

bool sameSteps(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.step == y.step && x.learningRate == y.learningRate &&
           sameNumbers(x.losses, y.losses) && sameNumbers(x.weights, y.weights);
  });
}

/// Steps with the evaluations that the experiment prescribes.
std::vector<StepRecord> run(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) {
    trainer.step();
    if (trainer.evaluationIsDue()) trainer.look(trainer.evaluate(SplitName::validation));
  }
  return trainer.takeRecords();
}

std::vector<std::string> schemeIds() {
  std::vector<std::string> ids;
  for (const auto* descriptor : eq::train::schemeCatalog().descriptors())
    ids.push_back(descriptor->id);
  return ids;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

/// What holds for every scheme, and the slot that they stand in.
class TestSchemes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void continuedEqualsNeverStopped_data() {
    QTest::addColumn<QString>("changes");
    for (const auto& id : schemeIds())
      for (const char* balancer :
           {R"({"weighting": {"id": "dwa", "window": 2}})", R"({"gradient": {"id": "gradvac"}})"}) {
        auto changes = withItsModel(id, withTeacher());
        changes["balancer"] = json::parse(balancer);
        if ((id == "m_config" || id == "forum") && changes["balancer"].contains("gradient"))
          continue;
        QTest::addRow("%s with %s", id.c_str(), balancer)
            << QString::fromStdString(withScheme(schemeJson(id), changes).dump());
      }
    const json both{{{"id", "m_config"}}, {{"id", "sampled_tasks"}}};
    QTest::newRow("both kinds") << QString::fromStdString(withScheme(both).dump());
  }
  void continuedEqualsNeverStopped() {
    QFETCH(QString, changes);
    const auto experiment = schemeExperiment(json::parse(changes.toStdString()));
    Trainer whole(experiment, schemeProblem());
    Trainer stopped(experiment, schemeProblem());
    const auto records = run(whole, 24);
    auto pieces = run(stopped, 2);
    for (const int steps : {5, 6, 11}) {
      const auto snapshot = stopped.snapshot();
      Trainer resumed(stopped.experiment(), schemeProblem());
      resumed.restore(snapshot);
      const auto ahead = run(stopped, steps);
      QVERIFY(sameSteps(ahead, run(resumed, steps)));
      pieces.insert(pieces.end(), ahead.begin(), ahead.end());
    }
    QVERIFY(sameSteps(records, pieces));
    const auto one = whole.snapshot().tensors, two = stopped.snapshot().tensors;
    for (const auto& [name, tensor] : one) QVERIFY2(tensor.equal(two.at(name)), name.c_str());
  }

  /// Twice round: every scheme comes after every other one.
  void everySchemeGivesWayToEveryOther_data() {
    QTest::addColumn<QString>("from");
    for (const auto& id : schemeIds()) QTest::newRow(id.c_str()) << QString::fromStdString(id);
  }
  void everySchemeGivesWayToEveryOther() {
    QFETCH(QString, from);
    // It has the parts that any scheme trains.
    Trainer trainer(schemeExperiment(withItsModel("deep_safe_mtl", withTeacher())),
                    schemeProblem());
    const auto specOf = [](const std::string& id) {
      return eq::train::schemesFromJson(schemeJson(id));
    };
    for (const auto& to : schemeIds())
      for (const auto& id : {from.toStdString(), to}) {
        trainer.apply(Command::setScheme(specOf(id)));
        QCOMPARE(trainer.takeEvents().back().kind, std::string("command"));
        QVERIFY(trainer.snapshot().meta.at("schemes").contains(id));
        for (const auto& record : trainSteps(trainer, 2))
          for (const double loss : record.losses) QVERIFY(std::isnan(loss) || loss < 1e3);
        QCOMPARE(trainer.stepsWithoutUpdate(), std::int64_t{0});
      }
    trainer.apply(Command::setScheme({}));
    QVERIFY(!trainer.snapshot().meta.contains("schemes"));
  }

  void theSameSchemeKeepsItsStateAndAnotherBeginsAnew() {
    auto scheme = schemeJson("order_matters");
    Trainer trainer(schemeExperiment(withScheme(scheme)), schemeProblem());
    trainSteps(trainer, 7);
    const auto stateOf = [](const Trainer& one) {
      return one.snapshot().meta.at("schemes").at("order_matters");
    };
    const auto before = stateOf(trainer);
    QVERIFY(before.at("together").get<bool>());
    trainer.apply(Command::setScheme(eq::train::schemesFromJson(scheme)));
    QVERIFY(stateOf(trainer) == before);
    scheme["steps"] = 3;
    trainer.apply(Command::setScheme(eq::train::schemesFromJson(scheme)));
    QVERIFY(!stateOf(trainer).at("together").get<bool>());
    trainSteps(trainer, 1);
    QCOMPARE(stateOf(trainer).at("begun").get<int>(), 7);
  }

  /// Another head has other parameters: what a scheme keeps of them fits the new ones.
  void everySchemeOutlivesTheSwapOfAHead_data() {
    QTest::addColumn<QString>("id");
    for (const auto& id : schemeIds()) QTest::newRow(id.c_str()) << QString::fromStdString(id);
  }
  void everySchemeOutlivesTheSwapOfAHead() {
    QFETCH(QString, id);
    const auto experiment = schemeExperiment(
        withScheme(schemeJson(id.toStdString()), withItsModel(id.toStdString(), withTeacher())));
    Trainer trainer(experiment, schemeProblem());
    trainSteps(trainer, 4);
    const json centers{{"id", "center"}, {"weight", 0.01}, {"params", {{"form", "mean"}}}};
    trainer.apply(Command::setLoss(1, {"sum", {{"terms", {{{"id", "cross_entropy"}}, centers}}}}));
    run(trainer, 8);
    Trainer resumed(trainer.experiment(), schemeProblem());
    resumed.restore(trainer.snapshot());
    QVERIFY(sameSteps(run(trainer, 4), run(resumed, 4)));
    QCOMPARE(trainer.stepsWithoutUpdate(), std::int64_t{0});
  }

  /// Whatever is shared: nothing, something by two of three tasks, a part of the layers.
  void everySchemeTrainsWhateverIsShared_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("model");
    const char* models[] = {
        R"({"id": "single_task", "hidden": [6]})",
        R"({"id": "tree", "hidden": [6, 5], "stages": [[["a", "b", "c"]], [["a", "b"], ["c"]]]})",
        R"({"id": "hierarchical", "hidden": [6, 5, 4]})"};
    for (const auto& id : schemeIds())
      for (const char* model : models) {
        if (id == "deep_safe_mtl") continue;  // it trains one model alone
        QTest::addRow("%s, %s", id.c_str(), json::parse(model)["id"].get<std::string>().c_str())
            << QString::fromStdString(id) << QString(model);
      }
  }
  void everySchemeTrainsWhateverIsShared() {
    QFETCH(QString, id);
    QFETCH(QString, model);
    auto changes = withTeacher();
    auto value =
        eq::train::toJson(schemeExperiment(withScheme(schemeJson(id.toStdString()), changes)));
    value["model"] = json::parse(model.toStdString());
    const auto experiment = eq::train::experimentFromJson(value, eq::test::inSource("samples"));
    if (id == "interval_clustering") {
      const auto text = eq::test::errorOf([&] { Trainer refused(experiment, schemeProblem()); });
      QVERIFY2(has(text, "scheme: clusters of tasks are balanced where all tasks share"),
               text.c_str());
      return;
    }
    Trainer trainer(experiment, schemeProblem());
    run(trainer, 8);
    Trainer resumed(trainer.experiment(), schemeProblem());
    resumed.restore(trainer.snapshot());
    QVERIFY(sameSteps(run(trainer, 8), run(resumed, 8)));
    QCOMPARE(trainer.stepsWithoutUpdate(), std::int64_t{0});
  }

  void theSlotIsNullAnObjectOrAList() {
    for (const auto& none : {json(), json{{"id", ""}}, json::array()}) {
      const auto experiment = schemeExperiment(withScheme(none));
      QVERIFY(experiment.schemes.empty());
      QVERIFY(!eq::train::toJson(experiment).contains("scheme"));
    }
    const json one{{"id", "sampled_tasks"}, {"temperature", 2}};
    for (const auto& given : {one, json::array({one})}) {
      const auto experiment = schemeExperiment(withScheme(given));
      QVERIFY(eq::train::toJson(experiment).at("scheme") == one);
      QVERIFY(eq::train::experimentFromJson(eq::train::toJson(experiment), experiment.folder) ==
              experiment);
    }
    auto experiment = eq::train::withSetting(schemeExperiment(), "scheme.id=dsg");
    experiment = eq::train::withSetting(experiment, "scheme.gap=2");
    QVERIFY(experiment.schemes == (std::vector<eq::train::MethodSpec>{{"dsg", json{{"gap", 2}}}}));
  }

  void whatDoesNotFitIsRefusedByPlace_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char* name, const char* scheme, const char* problem) {
      QTest::newRow(name) << QString(scheme) << QString(problem);
    };
    row("unknown id", R"({"id": "dgs"})", R"(scheme.id: no scheme "dgs"; known: )");
    row("no id", R"({"gap": 4})", "scheme.id: is required and missing");
    row("no object", R"("dsg")", "scheme: expected an object");
    row("unknown parameter", R"({"id": "dsg", "gab": 4})", "scheme.gab");
    row("out of range", R"({"id": "dsg", "gap": 0})", "scheme.gap: 0 is below 1");
    row("in a list", R"([{"id": "dsg", "gap": 0}, {"id": "dsg"}])", "scheme[0].gap: 0 is below 1");
    row("two of a kind", R"([{"id": "dsg"}, {"id": "sampled_tasks"}])",
        "scheme[1].id: sampled_tasks says who trains in a step, and so does dsg at scheme[0]");
    row("no such task", R"({"id": "order_matters", "first": ["x"], "steps": 2})",
        R"(scheme.first[0]: there is no task "x"; there are a, b, c)");
    row("no list", R"({"id": "order_matters", "first": "a", "steps": 2})",
        "scheme.first: expected a list of tasks");
    row("nobody first", R"({"id": "order_matters", "first": [], "steps": 2})",
        "scheme.first: expected at least one task");
    row("without steps", R"({"id": "order_matters", "first": ["a"]})", "scheme.steps: is required");
  }
  void whatDoesNotFitIsRefusedByPlace() {
    QFETCH(QString, scheme);
    QFETCH(QString, problem);
    const auto text = eq::test::errorOf([&] {
      Trainer trainer(schemeExperiment(withScheme(json::parse(scheme.toStdString()))),
                      schemeProblem());
    });
    QVERIFY2(has(text, problem.toStdString()), text.c_str());
  }

  void refusedCommandsChangeNothing() {
    Trainer trainer(schemeExperiment(withScheme(schemeJson("dsg"))), schemeProblem());
    trainSteps(trainer, 2);
    const auto before = trainer.snapshot().meta.at("schemes");
    const auto text = eq::test::errorOf([&] {
      trainer.apply(Command::setScheme({{"order_matters", json{{"first", {"x"}}, {"steps", 1}}}}));
    });
    QVERIFY2(has(text, "there is no task"), text.c_str());
    QVERIFY(trainer.snapshot().meta.at("schemes") == before);
    QVERIFY(trainer.experiment().schemes.front().id == "dsg");
  }

  void pointsHaveNoExamplesToChooseFrom() {
    const json two{{"data", {{"id", "two_valleys"}}}, {"model", {{"id", "point"}}}};
    for (const auto& id : schemeIds()) {
      auto value = two;
      value["scheme"] = schemeJson(id);
      const auto text =
          eq::test::errorOf([&] { Trainer trainer(eq::train::experimentFromJson(value)); });
      QVERIFY2(has(text, "scheme.id: " + id), text.c_str());
    }
  }

  void commandsReadBackAndSpeakInTitles() {
    const auto schemes = eq::train::schemesFromJson(json{{"id", "dsg"}, {"gap", 3}});
    const auto command = Command::setScheme(schemes);
    const auto written = eq::train::toJson(command);
    QCOMPARE(written.at("kind").get<std::string>(), std::string("set_scheme"));
    QVERIFY(eq::train::commandFromJson(written, "command") == command);
    QVERIFY(eq::train::commandFromJson({{"kind", "set_scheme"}, {"method", nullptr}}, "command") ==
            Command::setScheme({}));
    const auto before = schemeExperiment();
    QCOMPARE(QString::fromStdString(eq::train::describe(before, command)),
             QString("scheme none → Dynamic stop-and-go (gap 3)"));
    const auto after = eq::train::applied(before, command);
    QVERIFY(eq::train::requireCommandsBetween(before, after) == std::vector<Command>{command});
  }
};

EQUIPOISE_TEST(TestSchemes)
#include "tst_schemes.moc"
