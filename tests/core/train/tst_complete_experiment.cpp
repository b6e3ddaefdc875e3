#include <QTest>

#include "core/train/complete_experiment.h"
#include "core/train/experiment.h"
#include "tests/registry.h"

using namespace eq::train;
using nlohmann::json;

class TestCompleteExperiment : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyFieldIsWrittenOutAndMeansTheSame() {
    const auto given = toJson(readExperiment(eq::test::inSource("samples/two-digits.json")));
    const auto complete = completeExperiment(given);
    for (const auto& spec : experimentFields())
      QVERIFY2(complete.contains(spec.name), spec.name.c_str());
    QVERIFY(fieldAt(complete, "optimizer.beta1").has_value() == true);
    QVERIFY(fieldAt(complete, "tasks[0].teacher") == std::optional<json>(""));
    QVERIFY(fieldAt(complete, "balancer.gradient") == std::optional<json>(nullptr));
    QVERIFY(completeExperiment(complete) == complete);
    QVERIFY(completeExperiment(toJson(experimentFromJson(given))) == complete);
  }

  void whatIsNotKnownStaysAsItIs() {
    const json odd{{"optimizer", {{"id", "of_the_future"}, {"x", 1}}}, {"tasks", 3}, {"more", 1}};
    const auto complete = completeExperiment(odd);
    QVERIFY(fieldAt(complete, "optimizer") == std::optional(odd["optimizer"]));
    QVERIFY(fieldAt(complete, "tasks") == std::optional<json>(3));
    QVERIFY(completeExperiment(json(3)) == json(3));
  }

  void aPathLeadsToItsFieldOrNowhere() {
    const json experiment{{"tasks", {{{"loss", {{"id", "focal"}}}}}}, {"gradient", nullptr}};
    QVERIFY(fieldAt(experiment, "tasks[0].loss.id") == std::optional<json>("focal"));
    QVERIFY(fieldAt(experiment, "gradient.id") == std::optional<json>(nullptr));
    for (const auto* path : {"", "tasks[1]", "tasks[0", "tasks[x]", "tasks.0", "tasks[0].", ".",
                             "..", "tasks[0]..loss", "tasks[0].loss.id.x", "nothing", "[0]"})
      QVERIFY2(!fieldAt(experiment, path), path);
  }

  void whatIsWrittenIsListedDownToWhatIsNoObjectInAny() {
    const json one{{"tasks", {{{"metrics", {{{"id", "mae"}}}}, {"weight", 1}}}},
                   {"model", {{"hidden", {1, 2}}, {"x", json::object()}}},
                   {"gradient", nullptr}};
    const json other{{"gradient", {{"id", "pcgrad"}}}, {"gradients", 1}};
    QVERIFY(writtenPaths({&one, &other}) ==
            (std::vector<std::string>{"gradient.id", "gradients", "model.hidden", "model.x",
                                      "tasks[0].metrics", "tasks[0].weight"}));
    QVERIFY(writtenPaths({&one})[0] == "gradient");
  }
};

EQUIPOISE_TEST(TestCompleteExperiment)
#include "tst_complete_experiment.moc"
