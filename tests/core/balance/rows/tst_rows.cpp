#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <QTest>

#include "core/base/error.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

namespace {

const std::vector<char> kBoth{1, 1};

/// d of one step with these rows and losses.
VectorXd directionOf(TwoSlots& slots, const MatrixXd& rows, const VectorXd& losses) {
  const std::vector<char> all(static_cast<size_t>(rows.rows()), 1);
  Inputs inputs;
  inputs.losses = losses;
  return slots.direction(rows, losses, slots.weigh(inputs, VectorXd::Ones(rows.rows()), all), all);
}

VectorXd excessWeights(TwoSlots& slots, const MatrixXd& rows) {
  Inputs inputs;
  inputs.rowNumbers = slots.measureRows(rows, kBoth);
  return slots.weigh(inputs, VectorXd::Ones(2), kBoth).weights;
}

void near(const VectorXd& found, const std::vector<double>& expected, double tolerance = 6e-5) {
  QCOMPARE(found.size(), std::ssize(expected));
  const double error = (found - vectorOf(expected)).cwiseAbs().maxCoeff();
  QVERIFY2(error <= tolerance, qPrintable(QString("differs by %1").arg(error)));
}

}  // namespace

/// The methods that read J element by element.
class TestRows : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void gradDropKeepsOneSignByItsShare() {
    auto slots = slotsOf("graddrop", json::object(), 2, 4);
    int positive = 0;
    constexpr int kDraws = 4000;
    for (int i = 0; i < kDraws; ++i) {
      const VectorXd d = directionOf(slots, jacobianA(), VectorXd::Ones(2));
      QVERIFY(d == (VectorXd{{6, 2, 2}}) || d == (VectorXd{{-4, 2, 2}}));
      positive += d[0] > 0;
    }
    // P = 0.6: three standard deviations.
    QVERIFY(std::abs(positive / double(kDraws) - 0.6) < 3 * std::sqrt(0.24 / kDraws));
  }

  void gradDropWithFullLeakIsTheSum() {
    auto slots = slotsOf("graddrop", {{"leak", {1, 1, 1}}}, 3);
    near(directionOf(slots, jacobianB(), VectorXd::Ones(3)), {1, -1, 3}, 1e-12);
    MatrixXd zeros = jacobianB();
    zeros.col(1).setZero();
    auto plain = slotsOf("graddrop", json::object(), 3);
    QCOMPARE(directionOf(plain, zeros, VectorXd::Ones(3))[1], 0.0);
  }

  void trimmedMeanEqualsTheSheet() {
    auto slots = slotsOf("trimmed_mean", json::object(), 4);
    const MatrixXd rows{{1e11, 3}, {1, -1e11}, {-1e10, 1e10}, {2, 2}};
    near(directionOf(slots, rows, VectorXd::Ones(4)), {1.5, 2.5}, 1e-9);
    QVERIFY_EXCEPTION_THROWN(slotsOf("trimmed_mean", json::object(), 2), eq::Error);
  }

  void dbMtlEqualsTheSheet() {
    // The sheet's rows are those of log losses: here of losses 1.
    auto slots = slotsOf("db_mtl", {{"beta", 0}}, 2);
    near(directionOf(slots, jacobianA(), VectorXd::Ones(2)), {0.1881, 2.4530, 2.4530});
    // The first average holds a tenth of the rows, and so does the longest.
    auto averaged = slotsOf("db_mtl", json::object(), 2);
    near(directionOf(averaged, jacobianA(), VectorXd::Ones(2)), {0.01881, 0.24530, 0.24530}, 1e-5);
  }

  void dbMtlDoesNotFeelTheScaleOfALoss() {
    auto one = slotsOf("db_mtl", json::object(), 2), other = slotsOf("db_mtl", json::object(), 2);
    MatrixXd scaled = jacobianA();
    scaled.row(0) *= 100;
    near(
        directionOf(other, scaled, VectorXd{{200, 0.5}}),
        [&] {
          const VectorXd d = directionOf(one, jacobianA(), VectorXd{{2, 0.5}});
          return std::vector<double>(d.begin(), d.end());
        }(),
        1e-7);
  }

  void dbMtlGivesHeadsTheirLogarithm() {
    auto slots = slotsOf("db_mtl", json::object(), 2);
    Inputs inputs;
    inputs.losses = VectorXd{{2, 0.5}};
    const auto found = slots.weigh(inputs, VectorXd{{3, 1}}, kBoth);
    near(found.heads, {3 / (2.0 * 3), 1 / 0.5}, 1e-7);
    QVERIFY(std::isnan(found.weights[0]) && std::isnan(found.weights[1]));
    inputs.losses[1] = 0 - 1e-3;
    const auto refused = slots.weigh(inputs, VectorXd::Ones(2), kBoth);
    QVERIFY(refused.nonFinite && refused.rowFactors.size() == 0);
    QCOMPARE(refused.wrong.size(), size_t{1});
    QCOMPARE(refused.wrong[0].task, Eigen::Index{1});
    QCOMPARE(refused.remarks.size(), size_t{1});
    QVERIFY(refused.remarks[0].remark.text.find("takes its logarithm") != std::string::npos);
  }

  void mocoEqualsTheSheet() {
    const VectorXd losses{{2, 1}};
    const MatrixXd tracked =
        MatrixXd{{2 / jacobianA().row(0).norm() / 2, 0}, {0, 1 / jacobianA().row(1).norm() / 2}} *
        jacobianA();
    for (const auto& [update, a, b] :
         {std::tuple("projection", 0.4813, 0.5188), std::tuple("softmax", 0.4906, 0.5094)}) {
      auto slots = slotsOf("moco", {{"lambda_update", update}}, 2);
      const VectorXd d = directionOf(slots, jacobianA(), losses);
      const VectorXd expected = tracked.transpose() * VectorXd{{a, b}};
      near(d, std::vector<double>(expected.begin(), expected.end()), 2e-4);
      const auto weights = slots.tensors().at("gradient.weights");
      near(VectorXd{{weights[0].item<double>(), weights[1].item<double>()}}, {a, b});
    }
  }

  void mocoOfUnscaledRowsFindsTheShortestPoint() {
    auto slots = slotsOf("moco", {{"row_scale", "none"}, {"gamma", 0.02}, {"gamma_sigma", 0}}, 2);
    VectorXd d;
    for (int i = 0; i < 400; ++i) d = directionOf(slots, jacobianA(), VectorXd::Ones(2));
    near(d, {0, 1, 1}, 1e-6);
  }

  void excessMtlEqualsTheSheet() {
    const MatrixXd second{{-2, 1, 1}, {6, 1, 1}};
    auto quick = slotsOf("excess_mtl", {{"eta", 1}}, 2),
         slow = slotsOf("excess_mtl", json::object(), 2);
    for (auto* slots : {&quick, &slow}) near(excessWeights(*slots, jacobianA()), {1, 1}, 0);
    near(excessWeights(quick, second), {0.8402, 1.1598});
    near(excessWeights(slow, second), {0.9984, 1.0016});
  }

  void excessMtlAveragesItsBeginning() {
    auto slots = slotsOf("excess_mtl", {{"warmup_steps", 3}}, 2);
    for (int i = 0; i < 3; ++i) near(excessWeights(slots, jacobianA() * (i + 1)), {1, 1}, 0);
    QVERIFY(excessWeights(slots, jacobianA()) != VectorXd::Ones(2));
  }

  void rowsThatAreNotFiniteLeaveTheStateAlone_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"db_mtl", "moco"}) QTest::newRow(id) << QString(id);
  }
  void rowsThatAreNotFiniteLeaveTheStateAlone() {
    QFETCH(QString, id);
    auto slots = slotsOf(id.toStdString(), json::object(), 2);
    directionOf(slots, jacobianA(), VectorXd::Ones(2));
    std::map<std::string, at::Tensor> before;
    for (const auto& [name, tensor] : slots.tensors()) before[name] = tensor.clone();
    MatrixXd broken = jacobianA();
    broken(1, 2) = std::nan("");
    QVERIFY(directionOf(slots, broken, VectorXd::Ones(2)).array().isNaN().all());
    for (const auto& [name, tensor] : slots.tensors()) QVERIFY(tensor.equal(before.at(name)));
  }

  void rowsMayBeOfFloats_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"trimmed_mean", "db_mtl", "moco"}) QTest::newRow(id) << QString(id);
  }
  void rowsMayBeOfFloats() {
    QFETCH(QString, id);
    const json params = id == "trimmed_mean" ? json{{"trim", 0}} : json::object();
    auto doubles = slotsOf(id.toStdString(), params, 2),
         floats = slotsOf(id.toStdString(), params, 2);
    Inputs inputs;
    inputs.losses = VectorXd{{2, 0.5}};
    const auto rows = at::tensor({-4., 1., 1., 6., 1., 1.}, at::kFloat).view({2, 3});
    const auto losses = at::tensor({2., 0.5}, at::kFloat);
    for (int i = 0; i < 3; ++i) {
      const VectorXd expected = directionOf(doubles, jacobianA(), inputs.losses);
      const auto d =
          floats.direction(rows, losses, floats.weigh(inputs, VectorXd::Ones(2), kBoth), kBoth);
      QCOMPARE(d.scalar_type(), at::kFloat);
      for (int p = 0; p < 3; ++p)
        QVERIFY(std::abs(d[p].item<double>() - expected[p]) < 1e-5 * expected.norm());
    }
  }

  void aDirectionHasNoWeightsForHeads_data() {
    QTest::addColumn<QString>("id");
    for (const char* id : {"graddrop", "db_mtl", "moco", "trimmed_mean"})
      QTest::newRow(id) << QString(id);
  }
  void aDirectionHasNoWeightsForHeads() {
    QFETCH(QString, id);
    QVERIFY_EXCEPTION_THROWN(slotsOf(id.toStdString(), {{"weight_heads", true}}, 3), eq::Error);
    QVERIFY_EXCEPTION_THROWN(slotsOf(id.toStdString(), {{"granularity", "layer"}}, 3), eq::Error);
  }

  /// The loss weighting goes first: rows v_k g_k.
  void weightedRowsAreRead() {
    TwoSlots both(make("static", {{"weights", {2, 0.5, 1}}}, 3),
                  make("trimmed_mean", json::object(), 3));
    auto alone = slotsOf("trimmed_mean", json::object(), 3);
    MatrixXd weighted = jacobianB();
    weighted.row(0) *= 2;
    weighted.row(1) *= 0.5;
    const VectorXd ones = VectorXd::Ones(3);
    const VectorXd expected = directionOf(alone, weighted, ones);
    near(directionOf(both, jacobianB(), ones),
         std::vector<double>(expected.begin(), expected.end()), 1e-12);
  }
};

EQUIPOISE_TEST(TestRows)
#include "tst_rows.moc"
