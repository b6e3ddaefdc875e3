#include <QTest>

#include "core/base/error.h"
#include "core/train/parting/parting.h"
#include "tests/registry.h"

using namespace eq::train;
using nlohmann::json;

namespace {

const std::vector<std::string> kTasks{"a", "b", "c"};

Experiment experimentOf(MethodSpec model) {
  Experiment experiment;
  experiment.name = "x";
  experiment.data = {"two_digits"};
  experiment.model = std::move(model);
  experiment.init.freeze = {"trunk.*"};
  return experiment;
}

}  // namespace

class TestParting : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void allStagesBehindTheLayerGoApart() {
    const auto parted =
        partedAt(experimentOf({"mlp", {{"hidden", {6, 5, 4}}, {"activation", "tanh"}}}), kTasks,
                 "trunk.1", "runs/one");
    QCOMPARE(parted.model.id, std::string("tree"));
    const auto& params = parted.model.params;
    const auto together = json::parse(R"([["a", "b", "c"]])");
    const auto apart = json::parse(R"([["a"], ["b"], ["c"]])");
    QVERIFY(params.at("stages") == json::array({together, apart, apart}));
    QVERIFY(params.at("hidden") == json::parse("[6, 5, 4]"));
    QVERIFY(params.at("activation") == "tanh");
    QVERIFY(params.at("base") == "mlp");
    QCOMPARE(parted.init.run, std::string("runs/one"));
    QVERIFY(parted.init.freeze.empty());
    QCOMPARE(parted.init.take, std::vector<std::string>{"*"});
  }

  /// The full layer of a cnn is its last stage.
  void defaultsAreThoseOfTheModel() {
    const auto parted = partedAt(experimentOf({"cnn"}), kTasks, "trunk.2", "r");
    const auto& params = parted.model.params;
    QCOMPARE(params.at("stages").size(), size_t(3));
    QCOMPARE(params.at("stages")[1].size(), size_t(1));
    QCOMPARE(params.at("stages")[2].size(), size_t(3));
    QVERIFY(params.at("channels") == json::parse("[16, 32]"));
    QVERIFY(params.at("hidden") == json::parse("[128]"));
  }

  void whatCannotBeSplitSaysWhy() {
    const auto why = [](const MethodSpec& model, size_t tasks, const char* layer) {
      return obstacleToParting(experimentOf(model), tasks, layer);
    };
    QCOMPARE(why({"mlp"}, 2, "trunk.1"), std::string());
    QCOMPARE(why({"mlp"}, 2, "trunk.2"), std::string("trunk.2 is no stage of the trunk"));
    QCOMPARE(why({"mlp"}, 1, "trunk.1"), std::string("there is one task alone"));
    QCOMPARE(why({"mmoe"}, 2, "trunk.expert.0.0"),
             std::string("layers of mlp and cnn can be split, and this model is mmoe"));
    QVERIFY_THROWS_EXCEPTION(eq::Error, partedAt(experimentOf({"mlp"}), kTasks, "trunk.9", "r"));
  }
};

EQUIPOISE_TEST(TestParting)
#include "tst_parting.moc"
