#include "core/train/front_looking.h"

#include <QTest>

#include "tests/core/train/front/front_support.h"

using namespace eq::test;
using eq::train::drawnExamples;
using eq::train::FrontLookRequest;
using eq::train::Trainer;

namespace {

const json kOfMembers{{"id", "pamal"}, {"front_points", 3}};

FrontLookRequest lookAt(std::vector<double> preference, std::int64_t examples) {
  FrontLookRequest request;
  request.preference = std::move(preference);
  request.examples = examples;
  return request;
}

}  // namespace

/// The model of one preference, looked at while the run goes on.
class TestFrontLook : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }

  void aSplitOfFewExamplesIsTakenWhole() {
    const auto problem = schemeProblem();
    const auto& split = problem.validation;
    QVERIFY(drawnExamples(split, kSchemeExamples, 1).inputs.equal(split.inputs));
    QVERIFY(drawnExamples(split, 1000, 1).inputs.equal(split.inputs));
  }

  void drawnExamplesKeepTheirTargetsAndFields() {
    const auto problem = schemeProblem();
    const auto& split = problem.validation;
    const auto part = drawnExamples(split, 20, 1);
    QCOMPARE(part.size(), 20);
    std::int64_t last = -1;
    for (std::int64_t i = 0; i < part.size(); ++i) {
      const auto same = (split.inputs == part.inputs[i]).all(1).nonzero().flatten();
      QCOMPARE(same.numel(), 1);
      const auto row = same[0].item<std::int64_t>();
      QVERIFY(row > last);  // each once, in their order
      last = row;
      for (size_t k = 0; k < split.targets.size(); ++k)
        QVERIFY(part.targets[k][i].equal(split.targets[k][row]));
      QVERIFY(part.fields[0].at("teacher")[i].equal(split.fields[0].at("teacher")[row]));
    }
    QVERIFY(drawnExamples(split, 20, 1).inputs.equal(part.inputs));
    QVERIFY(!drawnExamples(split, 20, 2).inputs.equal(part.inputs));
  }

  void aLookAtAllExamplesIsTheFrontThere() {
    Trainer trainer(frontExperiment(kOfMembers), schemeProblem());
    trainSteps(trainer, 4);
    const auto look = trainer.frontLook(lookAt({3, 1}, 512));
    QCOMPARE(look.preference, (std::vector<double>{.75, .25}));
    QCOMPARE(look.step, 4);
    QCOMPARE(look.examples, kSchemeExamples);
    QCOMPARE(look.of, kSchemeExamples);
    const auto front = trainer.front(eq::train::SplitName::validation, {{.75, .25}});
    QCOMPARE(look.tasks, front[0].tasks);
  }

  void aLookAtSomeExamplesIsTheSameEachTime() {
    Trainer trainer(frontExperiment(kOfMembers), schemeProblem());
    trainSteps(trainer, 4);
    const auto look = trainer.frontLook(lookAt({.5, .5}, 20));
    QCOMPARE(look.examples, 20);
    QCOMPARE(look.of, kSchemeExamples);
    QCOMPARE(trainer.frontLook(lookAt({.5, .5}, 20)).tasks, look.tasks);
    QVERIFY(trainer.frontLook(lookAt({.5, .5}, 48)).tasks != look.tasks);
  }

  void itChangesNothingOfWhatFollows() {
    const auto experiment = frontExperiment(kOfMembers, {{"model", {{"dropout", 0.2}}}});
    Trainer looked(experiment, schemeProblem()), left(experiment, schemeProblem());
    for (int i = 0; i < 4; ++i) {
      looked.frontLook(lookAt({.2, .8}, 20));
      const auto a = trainSteps(looked, 1), b = trainSteps(left, 1);
      QCOMPARE(a[0].losses, b[0].losses);
    }
    QVERIFY(isSameState(looked.snapshot(), left.snapshot()));
  }

  void whatDoesNotFitIsRefused() {
    const Trainer trainer(frontExperiment(kOfMembers), schemeProblem());
    const auto refusal = [&trainer](const FrontLookRequest& request) {
      return errorOf([&] { trainer.frontLook(request); });
    };
    QCOMPARE(refusal(lookAt({1}, 20)),
             std::string("front: preference: expected 2 numbers, one a task, found 1"));
    QVERIFY(refusal(lookAt({-1, 2}, 20)).starts_with("front: preference: expected numbers from 0"));
    QCOMPARE(refusal(lookAt({1, 1}, 0)),
             std::string("front: examples: expected 1 or more, found 0"));
    const Trainer plain(frontExperiment(json()), schemeProblem());
    QCOMPARE(errorOf([&] {
               plain.frontLook(lookAt({1, 1}, 20));
             }),
             std::string("pareto: this run trains one model and has no front"));
  }
};

EQUIPOISE_TEST(TestFrontLook)
#include "tst_front_look.moc"
