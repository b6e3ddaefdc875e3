#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

Row positionsOf(const json& params, size_t classes) {
  if (params.contains("bins")) return params["bins"].get<Row>();
  Row ranks;
  for (size_t k = 0; k < classes; ++k) ranks.push_back(static_cast<double>(k));
  return ranks;
}

/// The class that the decision takes, or its position where it is the mean.
double decidedPosition(const Row& logits, const Row& positions, const std::string& decision) {
  if (decision == "mode") {
    const auto best = std::max_element(logits.begin(), logits.end());
    return positions[static_cast<size_t>(best - logits.begin())];
  }
  const Row shares = softmax(logits);
  double below = 0, mean = 0;
  for (size_t k = 0; k < shares.size(); ++k) mean += shares[k] * positions[k];
  if (decision == "mean") return mean;
  for (size_t k = 0; k < shares.size(); ++k)
    if ((below += shares[k]) >= 0.5) return positions[k];
  return positions.back();
}

/// ∫ (F(x) − 1{x ≥ y})² dx, bin by bin.
double rankedScore(const Row& logits, const Row& positions, double truth) {
  const Row shares = softmax(logits);
  double below = 0, score = 0;
  for (size_t k = 0; k + 1 < shares.size(); ++k) {
    below += shares[k];
    const double gap = below - (positions[k] >= truth ? 1 : 0);
    score += gap * gap * (positions[k + 1] - positions[k]);
  }
  return score;
}

void addOrdered(const json& input, const json& given) {
  const auto positions = positionsOf(given, input["prediction"][0].size());
  const auto meanOver = [&](const auto& of) {
    Row values;
    for (size_t i = 0; i < input["target"].size(); ++i) {
      if (input["target"][i] == -100 || (input.contains("mask") && input["mask"][i] == 0)) continue;
      values.push_back(
          of(input["prediction"][i].get<Row>(), positions[input["target"][i].get<size_t>()]));
    }
    return expectation(mean(values));
  };
  for (const char* decision : {"median", "mode", "mean"}) {
    json params = given;
    params["decision"] = decision;
    addCase("rank_mae", params, input, meanOver([&](const Row& logits, double truth) {
              return std::abs(decidedPosition(logits, positions, decision) - truth);
            }));
  }
  addCase("rps", given, input, meanOver([&](const Row& logits, double truth) {
            return rankedScore(logits, positions, truth);
          }));
}

void addRandomOrdered(eq::RandomStream& random, int count) {
  json input{{"prediction", randomRows(random, count, 4)},
             {"target", randomIndices(random, count, 4)}};
  addOrdered(input, json::object());
  addOrdered(input, {{"bins", {-3, -1, 0.5, 7}}});
  input["target"][count / 2] = -100;
  input["mask"] = randomMask(random, count);
  addOrdered(input, {{"bins", {0, 1, 2, 10}}});
}

json logsOf(const Row& shares) {
  json logits = json::array();
  for (const double share : shares) logits.push_back(std::log(share));
  return json::array({logits});
}

}  // namespace

/// Metrics along ordered classes, against evaluations that share nothing with them.
class TestOrdered : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsItsDefinition_data() {
    caseColumns();
    eq::RandomStream random(4);
    for (const int count : {1, 7, 40}) addRandomOrdered(random, count);
    // Shares .1 .2 .3 .4 and the class 1: F = .1, .3, .6 against 0, 1, 1 and .01 + .49 + .16.
    const json four{{"prediction", logsOf({.1, .2, .3, .4})}, {"target", {1}}};
    addCase("rps", {}, four, 0.66);
    addCase("rps", {{"bins", {0, 1, 2, 4}}}, four, 0.82);  // the last gap counts twice
    addCase("rank_mae", {}, four, 1);                      // the median is class 2
    addCase("rank_mae", {{"decision", "mode"}}, four, 2);
    addCase("rank_mae", {{"decision", "mean"}}, four, 1);  // 0.2 + 0.6 + 1.2 = 2
    addCase("rank_mae", {}, {{"prediction", {{0, 0}}}, {"target", {-100}}}, nullptr);
  }
  void equalsItsDefinition() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void poolsOverBatches_data() { equalsItsDefinition_data(); }
  void poolsOverBatches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  /// The score is the CRPS of the same forecast over bins.
  void rpsIsTheCrpsOfBins() {
    eq::RandomStream random(8);
    const auto logits = randomRows(random, 30, 5);
    const auto classes = randomIndices(random, 30, 5);
    const Row bins{-2, 0, 1, 1.5, 9};
    json numbers = json::array();
    for (const auto& one : classes) numbers.push_back(bins[one.get<size_t>()]);
    const auto crps = valueOf("crps", {{"form", "binned"}, {"bins", bins}},
                              json{{"prediction", logits}, {"target", numbers}});
    const auto rps =
        valueOf("rps", {{"bins", bins}}, json{{"prediction", logits}, {"target", classes}});
    QCOMPARE(difference(rps, crps, 1e-12), QString());
  }

  void refuses_data() {
    refusalColumns();
    const json good{{"prediction", {{1, 2, 3}}}, {"target", {1}}};
    addRefusal("rank_mae", {{"bins", {0, 1}}}, good,
               "rank_mae.bins: needs one entry a class, 3, found 2");
    addRefusal("rps", {{"bins", {0, 1, 1}}}, good,
               "rps.bins[2]: positions must increase, found 1 after 1");
    addRefusal("rps", {}, {{"prediction", {1, 2}}, {"target", {1, 0}}},
               "rps.prediction: needs logits of ordered classes, [N, K], found [2]");
    addRefusal("rank_mae", {}, {{"prediction", {{1, 2, 3}}}, {"target", {3}}},
               "rank_mae.target: classes go from 0 to 2 (-100 = ignored), found 3");
  }
  void refuses() { compareRefusal(); }
};

EQUIPOISE_TEST(TestOrdered)
#include "tst_ordered.moc"
