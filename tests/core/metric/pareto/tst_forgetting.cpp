#include <cmath>

#include <QTest>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metric/pareto/calculation.h"
#include "core/metric/pareto/isolation_forest.h"
#include "tests/core/metric/pareto/front_support.h"
#include "tests/registry.h"

using namespace eq::metric;
using nlohmann::json;

namespace {

constexpr double kNear = 1e-9;

json found(const char* id, const json& input, const json& params = json::object()) {
  return paretoCalculations().create(id, params, id)->compute(input);
}

std::string refusalOf(const char* id, const json& input, const json& params = json::object()) {
  try {
    found(id, input, params);
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

/// A cloud around 0, and one point far from it.
Points cloudWithOne(size_t count, size_t outlier) {
  eq::RandomStream stream(3);
  Points points;
  for (size_t i = 0; i < count; ++i) points.push_back({stream.normal(), stream.normal()});
  points[outlier] = {9, -8};
  return points;
}

}  // namespace

/// What unlearning lowers, and which examples it leaves out.
class TestForgetting : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void pointsThatAreAlikeHaveHalf() {
    for (const double score : isolationScores(Points(40, {1, 2}), {}))
      QVERIFY(std::abs(score - 0.5) < kNear);
    for (const double score : isolationScores({{0}, {1}}, {}))
      QVERIFY(std::abs(score - 0.5) < kNear);  // one split parts them
    QCOMPARE(isolationScores({{3, 4}}, {}), Point{0.5});
  }

  void whatStandsApartIsTheMostAnomalous() {
    const auto points = cloudWithOne(400, 17);
    const auto scores = isolationScores(points, {.trees = 100, .sample = 256, .seed = 1});
    for (size_t i = 0; i < scores.size(); ++i) QVERIFY(i == 17 || scores[i] < scores[17]);
    QVERIFY(scores[17] > 0.75);
    QCOMPARE(isolationScores(points, {.trees = 100, .sample = 256, .seed = 1}), scores);
    QVERIFY(isolationScores(points, {.trees = 100, .sample = 256, .seed = 2}) != scores);
  }

  void aShareIsPruned() {
    const json input{{"features", cloudWithOne(25, 4)}};
    const auto all = found("coreset", input);
    QCOMPARE(all["pruned"].size(), size_t{2});
    QCOMPARE(all["kept"].size(), size_t{23});
    QVERIFY(all["pruned"][0] == 4 || all["pruned"][1] == 4);
    QVERIFY(found("coreset", input, {{"prune", 0}})["pruned"].empty());
    QVERIFY(found("coreset", input, {{"prune", 1}})["kept"].empty());
    // Of equal scores the lower index.
    const json same{{"features", Points(10, {1})}};
    QVERIFY((found("coreset", same, {{"prune", 0.3}})["pruned"] == json{0, 1, 2}));
  }

  void theLossesHaveTheirNumbers() {
    // p = (2/3, 1/3).
    const json input{{"logits", {{std::log(2.0), 0.0}}}, {"labels", {0}}, {"start", {1.0 / 3}}};
    QVERIFY(std::abs(found("forgetting", input)["value"].get<double>() +
                     (std::log(2.0 / 3) + std::log(1.0 / 3)) / 2) < kNear);
    QVERIFY(std::abs(found("forgetting", input, {{"objective", "ascent"}})["value"].get<double>() -
                     std::log(2.0 / 3)) < kNear);
    const auto npo = found("forgetting", input, {{"objective", "npo"}, {"beta", 2}});
    QVERIFY(std::abs(npo["value"].get<double>() - std::log(5.0)) < kNear);  // (p/p0)² = 4
  }

  void theGradientsAreThoseOfTheValues_data() {
    QTest::addColumn<QString>("objective");
    for (const char* objective : {"uniform", "ascent", "npo"})
      QTest::newRow(objective) << objective;
  }
  void theGradientsAreThoseOfTheValues() {
    QFETCH(QString, objective);
    const json params{{"objective", objective.toStdString()}, {"beta", 0.7}};
    json input{{"logits", {{0.3, -1.2, 2.0}, {1.1, 0.4, -0.5}}},
               {"labels", {1, 0}},
               {"start", {0.2, 0.9}}};
    const auto gradient = found("forgetting", input, params)["gradient"];
    constexpr double kStep = 1e-6;
    for (size_t i = 0; i < 2; ++i)
      for (size_t c = 0; c < 3; ++c) {
        auto up = input, down = input;
        up["logits"][i][c] = input["logits"][i][c].get<double>() + kStep;
        down["logits"][i][c] = input["logits"][i][c].get<double>() - kStep;
        const double slope = (found("forgetting", up, params)["value"].get<double>() -
                              found("forgetting", down, params)["value"].get<double>()) /
                             (2 * kStep);
        QVERIFY(std::abs(gradient[i][c].get<double>() - slope) < 1e-7);
      }
  }

  /// Lowering each of them takes probability from the label.
  void theLabelIsLost() {
    const json input{{"logits", {{2.0, 0.0, 0.0}}}, {"labels", {0}}, {"start", {0.8}}};
    for (const char* objective : {"uniform", "ascent", "npo"}) {
      const auto gradient = found("forgetting", input, {{"objective", objective}})["gradient"][0];
      QVERIFY(gradient[0].get<double>() > 0);
      QVERIFY(gradient[1].get<double>() < 0);
    }
  }

  void whatDoesNotFitIsRefused() {
    QVERIFY(refusalOf("coreset", {{"features", json::array()}}).starts_with("coreset.features: "));
    QVERIFY(refusalOf("coreset", json::object()).starts_with("coreset.features: is required"));
    QVERIFY(refusalOf("coreset", {{"features", {{1, 2}, {1}}}}).starts_with("coreset.features[1]"));
    const json logits{{"logits", {{1, 2}}}, {"labels", {2}}};
    QCOMPARE(refusalOf("forgetting", logits),
             std::string("forgetting.labels[0]: expected a class from 0 to 1, found 2"));
    const json two{{"logits", {{1, 2}}}, {"labels", {1}}};
    QVERIFY(refusalOf("forgetting", two, {{"objective", "npo"}})
                .starts_with("forgetting.start: is required"));
    QVERIFY(refusalOf("forgetting", {{"logits", {{1, 2}}}, {"labels", {1}}, {"start", {0}}},
                      {{"objective", "npo"}})
                .starts_with("forgetting.start[0]: expected a probability"));
  }
};

EQUIPOISE_TEST(TestForgetting)
#include "tst_forgetting.moc"
