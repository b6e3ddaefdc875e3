#include <cmath>
#include <limits>

#include <QTest>

#include "core/balance/two_slots.h"
#include "core/balance/weighting/grouping.h"
#include "core/base/error.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

Q_DECLARE_METATYPE(std::vector<double>)
Q_DECLARE_METATYPE(json)

namespace {

const VectorXd kLosses{{2, 0.5, 1}};  // LA of the sheet

Inputs atEpoch(const VectorXd& losses, std::int64_t epoch) {
  Inputs inputs;
  inputs.losses = losses;
  inputs.step = inputs.epoch = epoch;
  return inputs;
}

VectorXd weigh(const std::string& id, const json& params, const VectorXd& losses) {
  return make(id, params, losses.size())->weigh(atEpoch(losses, 0));
}

void verifyNear(const VectorXd& found, const std::vector<double>& expected, double tolerance) {
  QCOMPARE(found.size(), std::ssize(expected));
  const double error = (found - vectorOf(expected)).cwiseAbs().maxCoeff();
  QVERIFY2(error <= tolerance, qPrintable(QString("differs by %1").arg(error)));
}

void addRow(const char* id, const json& params, const std::vector<double>& expected) {
  const auto name = QString("%1 %2").arg(id, QString::fromStdString(params.dump()));
  QTest::newRow(qPrintable(name)) << QString(id) << params << expected;
}

/// The least sum of squared distances over all ways to cut the sorted values into groups.
double leastCost(std::vector<double> sorted, int groups) {
  if (sorted.empty()) return 0;
  if (groups == 0) return std::numeric_limits<double>::infinity();
  double best = std::numeric_limits<double>::infinity();
  for (size_t first = 0; first < sorted.size(); ++first) {
    const VectorXd last = vectorOf({sorted.begin() + std::ptrdiff_t(first), sorted.end()});
    const double own = (last.array() - last.mean()).square().sum();
    best = std::min(best, own + leastCost({sorted.begin(), sorted.begin() + std::ptrdiff_t(first)},
                                          groups - 1));
  }
  return best;
}

}  // namespace

/// Weightings that are functions of the losses, the epoch and the first gradients.
class TestLossWeightings : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// LA of the sheet, L = (2, 0.5, 1); where it has no number, from the formula by hand.
  void equalsWorkedNumbers_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<std::vector<double>>("expected");
    addRow("log", json::object(), {0.5, 2, 1});
    addRow("log", {{"weights", {1, 2, 3}}, {"epsilon", 0}}, {0.5, 4, 3});
    addRow("gls", json::object(), {1.0 / 6, 2.0 / 3, 1.0 / 3});  // GLS = 1
    addRow("uw_so", json::object(), {0.1402, 0.6285, 0.2312});
    addRow("uw_so", {{"temperature", 5}}, {0.2894, 0.3907, 0.3199});
    addRow("uw_so", {{"form", "inverse"}}, {0.1429, 0.5714, 0.2857});
    addRow("stch", json::object(), {0.4305 / 3, 0.2611 / 3, 0.3084 / 3});
    addRow("stch", {{"mu", 0.1}}, {0.9593 / 3, 0.0065 / 3, 0.0342 / 3});
    addRow("stch", {{"form", "log_nadir"}}, {0.5, 2, 1});  // in the warm-up
    addRow("tchebycheff", json::object(), {1.0 / 3, 0, 0});
    addRow("tchebycheff", {{"rho", 0.1}, {"ideal", {1.9, 0, 0}}}, {0.1 / 3, 0.1 / 3, 1.1 / 3});
    addRow("tchebycheff", {{"preference", {1, 4, 2}}}, {1, 0, 0});  // a tie
    addRow("pbi", json::object(), {4.434934, -2.508717, -0.194166});
    addRow("pbi", {{"theta", 0}, {"preference", {3, 4, 0}}}, {0.6, 0.8, 0});
    addRow("pbi", {{"preference", {4, 1, 2}}}, {0.872872, 0.218218, 0.436436});  // on the ray
    addRow("go4align", json::object(), {1.3612, 1.3612, 1.3612});
    addRow("go4align", {{"groups", 2}}, {0.875, 2.3335, 0.875});
    addRow("go4align", {{"groups", 3}}, {0.5833, 2.3335, 1.1667});
    addRow("igb_v1", json::object(), {0.5, 2, 1});  // v = 1 before the base is known
  }
  void equalsWorkedNumbers() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(std::vector<double>, expected);
    verifyNear(weigh(id.toStdString(), params, kLosses), expected, 6e-5);
  }

  void igbV1WeighsTheGapsThatAreLeft() {
    const auto balancer = make("igb_v1", json::object(), 3);
    balancer->weigh(atEpoch(VectorXd{{9, 9, 9}}, 0));
    balancer->weigh(atEpoch(VectorXd{{2, 0.5, 1.5}}, 1));
    verifyNear(balancer->weigh(atEpoch(VectorXd{{3, 1.5, 0.5}}, 1)), {1.0 / 3, 2.0 / 3, 2}, 1e-15);
    verifyNear(balancer->weigh(atEpoch(kLosses, 2)), {0.5064, 1.5005, 1.2370}, 6e-5);
    verifyNear(balancer->weigh(atEpoch(kLosses, 7)), {0.5064, 1.5005, 1.2370}, 6e-5);
  }

  void stchTakesItsNadirFromTheEpochAfterTheWarmUp() {
    const auto balancer = make("stch", {{"form", "log_nadir"}, {"warmup_epochs", 1}}, 3);
    balancer->weigh(atEpoch(VectorXd{{9, 9, 9}}, 0));
    balancer->weigh(atEpoch(VectorXd{{3, 1.5, 0.5}}, 1));
    verifyNear(balancer->weigh(atEpoch(VectorXd{{2, 0.5, 1.5}}, 1)), {0.5, 2, 2.0 / 3}, 1e-15);
    verifyNear(balancer->weigh(atEpoch(kLosses, 2)), {0.5217, 1.3043, 1.3043}, 6e-5);
  }

  /// A weighting that begins in the middle of a run has no such epoch behind it.
  void aBaseIsTakenFromTheFirstEpochThatThereIs() {
    const auto balancer = make("igb_v1", json::object(), 3);
    verifyNear(balancer->weigh(atEpoch(VectorXd{{2.5, 1, 1}}, 8)), {0.4, 1, 1}, 1e-15);
    verifyNear(balancer->weigh(atEpoch(kLosses, 9)), {0.5064, 1.5005, 1.2370}, 6e-5);
  }

  void lbtwComparesWithTheFirstStepOfTheEpoch() {
    const auto balancer = make("lbtw", json::object(), 3);
    verifyNear(balancer->weigh(atEpoch(VectorXd{{4, 0.25, 1}}, 0)), {1, 1, 1}, 0);
    verifyNear(balancer->weigh(atEpoch(kLosses, 0)), {0.7071, 1.4142, 1}, 6e-5);
    verifyNear(balancer->weigh(atEpoch(VectorXd{{0.1, 40, 1}}, 0)), {0.5, 1.5, 1}, 0);
    verifyNear(balancer->weigh(atEpoch(VectorXd{{0, 0, 3}}, 1)), {1, 1, 1}, 0);
    verifyNear(balancer->weigh(atEpoch(VectorXd{{0, 2, 3}}, 1)), {1, 1.5, 1}, 0);
  }

  void go4AlignFollowsTheLosses() {
    const double beta = 0.3;
    const auto balancer = make("go4align", {{"beta", beta}, {"groups", 3}}, 3);
    balancer->weigh(atEpoch(kLosses, 0));
    const VectorXd next{{1, 2, 0.5}};
    VectorXd shares = (-beta * (kLosses + next)).array().exp();
    shares /= shares.sum();
    const VectorXd expected = 3.5 * shares.cwiseQuotient(next);
    QVERIFY((balancer->weigh(atEpoch(next, 1)) - expected).norm() < 1e-13);
  }

  void groupsAreTheBestCut() {
    std::mt19937_64 engine(5);
    for (int i = 0; i < 60; ++i) {
      std::vector<double> values;
      for (int k = 0; k < 2 + i % 7; ++k)
        values.push_back(std::pow(10.0, std::uniform_real_distribution<double>(0, i % 8)(engine)));
      std::vector<double> sorted = values;
      std::sort(sorted.begin(), sorted.end());
      for (int groups = 1; groups <= 4; ++groups) {
        const double cost = (groupMeans(vectorOf(values), groups) - vectorOf(values)).squaredNorm();
        const double best = leastCost(sorted, groups);
        const double scale = vectorOf(values).squaredNorm();
        QVERIFY2(std::abs(cost - best) <= 1e-12 * (best + 1e-3 * scale),
                 qPrintable(QString::number(i)));
      }
    }
    QCOMPARE(groupMeans(VectorXd{{7, 7, 7}}, 2), (VectorXd{{7, 7, 7}}));
  }

  void temperatureSamplingEqualsTheSheet() {
    const auto rates = [](json params) {
      params["sizes"] = {1e6, 1e4, 1e2};
      return make("temperature_sampling", params, 3)->weigh({});
    };
    verifyNear(rates(json::object()), {0.9900, 0.0099, 0.0001}, 6e-5);
    verifyNear(rates({{"temperature", 2}}), {0.9009, 0.0901, 0.0090}, 6e-5);
    verifyNear(rates({{"temperature", 5}}), {0.6424, 0.2558, 0.1018}, 6e-5);
    verifyNear(rates({{"cap", 2e4}}), {0.6645, 0.3322, 0.0033}, 6e-5);
    for (const json& wrong : {json::object(), json{{"sizes", {1, 2}}}, json{{"sizes", {1, 0, 2}}},
                              json{{"sizes", {1, 1, 1}}, {"temperature", 0.5}}})
      QVERIFY_EXCEPTION_THROWN(make("temperature_sampling", wrong, 3), eq::Error);
  }

  void svdReweightEqualsTheSheetAndReadsTheFirstStepAlone() {
    const MatrixXd first{{1, 0, 0}, {1, 1, 0}, {0, 0, 0.1}};
    const auto two = make("svd_reweight", {{"rank", 2}}, 3);
    QVERIFY(two->needs().gramian);
    verifyNear(two->weigh(inputsOf(first)), {1, 1.4142, 0}, 6e-5);
    QVERIFY(!two->needs().gramian);
    verifyNear(two->weigh({}), {1, 1.4142, 0}, 6e-5);
    verifyNear(make("svd_reweight", json::object(), 3)->weigh(inputsOf(first)), {0.8507, 1.3764, 0},
               6e-5);
    QVERIFY_EXCEPTION_THROWN(make("svd_reweight", {{"rank", 4}}, 3), eq::Error);
  }

  /// All directions together hold all of every row, however unlike the rows are.
  void svdReweightOfFullRankIsTheLength() {
    for (int i = 0; i < 40; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const json params{{"rank", jacobian.rows()}};
      const VectorXd w = make("svd_reweight", params, jacobian.rows())->weigh(inputsOf(jacobian));
      QVERIFY((w.cwiseQuotient(jacobian.rowwise().norm()).array() - 1).abs().maxCoeff() < 1e-7);
    }
  }

  void lossesWithoutAWeightAreRefusedByTask_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<double>("loss");
    const auto add = [](const char* id, const json& params, std::vector<double> losses) {
      for (const double loss : losses)
        QTest::newRow(qPrintable(QString("%1 %2").arg(id).arg(loss)))
            << QString(id) << params << loss;
    };
    add("log", json::object(), {-1});
    add("log", {{"epsilon", 0}}, {0.0});
    add("gls", json::object(), {-1, 0});
    add("uw_so", json::object(), {-1});
    add("stch", {{"form", "log_nadir"}}, {-1, 0});
    add("lbtw", json::object(), {-1});
    add("go4align", json::object(), {-1, 0});
    add("igb_v1", json::object(), {-1, 0});
    add("igb_v2", {{"hidden", 4}}, {-1, 0});
  }
  void lossesWithoutAWeightAreRefusedByTask() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(double, loss);
    TwoSlots slots(make(id.toStdString(), params, 3), nullptr);
    const auto before = slots.state();
    const auto found =
        slots.weigh(atEpoch(VectorXd{{2, loss, 1}}, 0), VectorXd::Ones(3), {1, 1, 1});
    QVERIFY(found.nonFinite);
    QCOMPARE(found.wrong.size(), size_t{1});
    QCOMPARE(found.wrong[0].task, Index{1});
    QCOMPARE(found.remarks.size(), size_t{1});
    QVERIFY(found.remarks[0].remark.text.starts_with("its loss is "));
    QVERIFY(slots.state() == before);
    const auto next = slots.weigh(atEpoch(kLosses, 0), VectorXd::Ones(3), {1, 1, 1});
    QVERIFY(!next.nonFinite && next.remarks.empty());
  }

  void aLossOfZeroHasItsLimit() {
    verifyNear(weigh("uw_so", json::object(), VectorXd{{0, 2}}), {1, 0}, 1e-15);
    verifyNear(weigh("uw_so", {{"form", "inverse"}}, VectorXd{{0, 2, 0}}), {0.5, 0, 0.5}, 1e-15);
    verifyNear(weigh("log", json::object(), VectorXd{{0, 2}}), {1e8, 0.5}, 1);
  }

  void wrongParametersAreRefused() {
    for (const auto& [id, params] : {std::pair<const char*, json>{"go4align", {{"groups", 4}}},
                                     {"lbtw", {{"clip_low", 2}}},
                                     {"stch", {{"mu", 0}}},
                                     {"pbi", {{"preference", {0, 0, 0}}}},
                                     {"tchebycheff", {{"preference", {1, 2}}}},
                                     {"uw_so", {{"temperature", 0}}}})
      QVERIFY_EXCEPTION_THROWN(make(id, params, 3), eq::Error);
  }

  void igbV2IsRandomThenActsAndLearns() {
    const json params{{"hidden", 8}, {"update_every", 5}, {"buffer_size", 30}};
    const auto agent = make("igb_v2", params, 3, 4), same = make("igb_v2", params, 3, 4);
    const auto untaught =
        make("igb_v2", {{"hidden", 8}, {"update_after", 100}, {"buffer_size", 30}}, 3, 4);
    bool learned = false;
    for (int step = 0; step < 100; ++step) {
      const VectorXd losses = VectorXd{{2, 0.5, 30}} * (1 + 0.3 * std::sin(step));
      const auto inputs = atEpoch(losses, step / 10);
      const VectorXd w = agent->weigh(inputs);
      QVERIFY(w == same->weigh(inputs));
      const VectorXd v = w.cwiseProduct(losses);
      QVERIFY(v.minCoeff() > 0 && std::abs(v.sum() - 3) < 1e-12);
      const bool alike = w == untaught->weigh(inputs);
      if (step < 30) QVERIFY(alike);  // drawn, not learned
      learned = learned || !alike;
    }
    QVERIFY(learned);
  }

  /// A step of a fixed length on w oscillated where one gradient was much longer than another.
  void gradNormSettlesAtAnyRatioOfNorms() {
    for (const double ratio : {1.0, 10.0, 100.0, 1e3, 1e4}) {
      const auto balancer = make("gradnorm", json::object(), 3);
      Inputs inputs = atEpoch(VectorXd{{1, 1, 1}}, 0);
      inputs.rowNorms = VectorXd{{1, std::sqrt(ratio), ratio}};
      VectorXd low = VectorXd::Constant(3, 1e300), high = VectorXd::Zero(3);
      for (int step = 0; step < 3000; ++step) {
        const VectorXd weighted = balancer->weigh(inputs).cwiseProduct(inputs.rowNorms);
        if (step < 2500) continue;
        low = low.cwiseMin(weighted / weighted.mean());
        high = high.cwiseMax(weighted / weighted.mean());
      }
      QVERIFY2(low.minCoeff() > 0.9 && high.maxCoeff() < 1.1, qPrintable(QString::number(ratio)));
    }
  }

  void gradNormStepsOnTheLogarithm() {
    const auto balancer = make("gradnorm", {{"initial_losses", {2, 1}}}, 2);
    Inputs inputs = atEpoch(VectorXd{{1, 1}}, 0);
    inputs.rowNorms = VectorXd{{2, 4}};
    balancer->weigh(inputs);
    // n̄ = 3, r = (2/3, 4/3)^1.5, τ = (1.633, 4.619): signs (1, -1).
    const double a = std::exp(-0.025 * 2 / 3), b = std::exp(0.025 * 4 / 3);
    verifyNear(balancer->weigh(inputs), {2 * a / (a + b), 2 * b / (a + b)}, 1e-15);
  }

  void gradNormStaysFiniteAtAnyRate() {
    for (const double rate : {1e-3, 1.0, 1e6}) {
      const auto balancer = make("gradnorm", {{"lr", rate}}, 3);
      for (int step = 0; step < 50; ++step) {
        const VectorXd w = balancer->weigh(inputsOf(jacobianB(), VectorXd{{1, 2, 3}}));
        QVERIFY(w.allFinite() && w.minCoeff() > 0 && std::abs(w.sum() - 3) < 1e-9);
      }
    }
  }
};

EQUIPOISE_TEST(TestLossWeightings)
#include "tst_loss_weightings.moc"
