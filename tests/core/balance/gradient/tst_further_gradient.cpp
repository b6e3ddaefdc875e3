#include <cmath>

#include <QTest>

#include "core/base/error.h"
#include "core/base/gramian.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

namespace {

constexpr int kMatrices = 60;

void expectNear(const VectorXd& found, const std::vector<double>& expected, double tolerance) {
  QCOMPARE(found.size(), std::ssize(expected));
  const double error = (found - vectorOf(expected)).cwiseAbs().maxCoeff();
  QVERIFY2(error <= tolerance, qPrintable(QString("differs by %1").arg(error)));
}

/// Rows over ten decades of length, in few dimensions, some opposite or equal.
MatrixXd hardRows(int index) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(index) + 31);
  std::normal_distribution<double> normal;
  MatrixXd jacobian(2 + index % 9, 2 + index % 6);
  for (double& entry : jacobian.reshaped()) entry = normal(engine);
  if (index % 3 == 1) jacobian.row(0) = -jacobian.row(1);
  if (index % 4 == 1) jacobian.row(0) = jacobian.bottomRows(1);
  if (index % 2 == 1)
    for (auto row : jacobian.rowwise())
      row *= std::pow(10.0, std::uniform_real_distribution<double>(-5, 5)(engine));
  return jacobian;
}

}  // namespace

/// Gradient methods beside the first ones: what they promise, and what they carry from step to
/// step.
class TestFurtherGradientMethods : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void gradVacEqualsTheSheet() {
    const auto balancer = make("gradvac", {{"beta", 0.5}}, 2);
    balancer->weigh(inputsOf(jacobianA()));
    QVERIFY(std::abs(balancer->state().at("targets")[1].get<double>() + 0.4206) < 6e-5);
    expectNear(balancer->weigh(inputsOf(jacobianA())), {1.8580, 1.4064}, 6e-5);
    QVERIFY(std::abs(balancer->state().at("targets")[1].get<double>() + 0.6309) < 6e-5);
    const auto aimed = make("gradvac", {{"beta", 0.5}}, 2);
    auto state = aimed->state();
    state["targets"] = {0, 0.9, 0.9, 0};
    aimed->restore(state);
    expectNear(aimed->weigh(inputsOf(MatrixXd{{1, 0}, {1, 1}})), {2.0647, 1.5324}, 6e-5);
    QVERIFY(std::abs(aimed->state().at("targets")[1].get<double>() - 0.8036) < 6e-5);
  }

  void gradVacWithoutAimsIsPcGrad() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      for (const char* order : {"ascending", "descending"}) {
        const json params{{"order", order}, {"beta", 0}};
        const VectorXd w = weights("gradvac", params, jacobian);
        const VectorXd expected = weights("pcgrad", {{"order", order}}, jacobian);
        QVERIFY((w - expected).norm() < 1e-6 * expected.norm());
      }
    }
  }

  /// J d >= 0 up to rounding, next to the lengths that were added.
  void dualConesHarmNoTask_data() {
    QTest::addColumn<QString>("id");
    QTest::newRow("upgrad") << QString("upgrad");
    QTest::newRow("dualproj") << QString("dualproj");
  }
  void dualConesHarmNoTask() {
    QFETCH(QString, id);
    for (int i = 0; i < 3 * kMatrices; ++i) {
      const MatrixXd jacobian = hardRows(i);
      const VectorXd norms = jacobian.rowwise().norm();
      const VectorXd w = weights(id.toStdString(), json::object(), jacobian);
      const VectorXd along = (jacobian * (jacobian.transpose() * w)).cwiseQuotient(norms);
      QVERIFY2(along.minCoeff() >= -1e-9 * w.dot(norms), qPrintable(QString::number(i)));
    }
  }

  void aSmallRidgeIsNearTheExactSolution() {
    for (const char* id : {"upgrad", "dualproj"})
      for (int i = 0; i < kMatrices; i += 2) {
        const MatrixXd jacobian = randomJacobian(i);
        const VectorXd exact = jacobian.transpose() * weights(id, json::object(), jacobian);
        for (const double scale : {1.0, 1e-6}) {
          const VectorXd w = weights(id, {{"ridge", 1e-8}}, scale * jacobian);
          QVERIFY((jacobian.transpose() * w - exact).norm() < 1e-4 * exact.norm());
        }
      }
  }

  void fairGradSolvesItsEquation() {
    for (const double alpha : {0.05, 0.3, 0.5, 1.0, 2.0, 8.0})
      for (int i = 0; i < kMatrices; ++i) {
        const MatrixXd jacobian = randomJacobian(i);
        const VectorXd w = weights("fairgrad", {{"alpha", alpha}}, jacobian);
        if (w.isZero(0)) continue;  // no solution: a mixture of the rows is 0
        const VectorXd gains = jacobian * (jacobian.transpose() * w);
        // A gain is a difference of terms as large as ‖g_k‖ Σ w_j ‖g_j‖.
        const VectorXd norms = jacobian.rowwise().norm();
        const VectorXd left = gains.array() - w.array().pow(-1 / alpha);
        QVERIFY2(left.cwiseQuotient(norms).cwiseAbs().maxCoeff() < 1e-12 * norms.dot(w),
                 qPrintable(QString("%1, %2").arg(alpha).arg(i)));
      }
  }

  void fairGradScalesByItsLaw() {
    for (const double alpha : {0.5, 1.0, 2.0}) {
      const VectorXd w = weights("fairgrad", {{"alpha", alpha}}, jacobianA());
      const VectorXd v = weights("fairgrad", {{"alpha", alpha}}, 3 * jacobianA());
      QVERIFY((3 * v - std::pow(3, (1 - alpha) / (1 + alpha)) * w).norm() < 1e-9);
    }
  }

  void configHasThePreferredCosines() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      if (jacobian.cols() < jacobian.rows()) continue;
      std::vector<double> preference;
      for (Index k = 0; k < jacobian.rows(); ++k) preference.push_back(1 + double(k % 3));
      const VectorXd d =
          jacobian.transpose() * weights("config", {{"preference", preference}}, jacobian);
      const VectorXd cosines = (jacobian * d)
                                   .cwiseQuotient(jacobian.rowwise().norm())
                                   .cwiseQuotient(vectorOf(preference));
      QVERIFY((cosines.array() / cosines.mean() - 1).abs().maxCoeff() < 1e-6);
      const VectorXd lengths = jacobian * d.normalized();
      QVERIFY(std::abs(d.norm() / lengths.sum() - 1) < 1e-9);
    }
  }

  void configAndImtlGoTheSameWay() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const VectorXd d = jacobian.transpose() * weights("config", json::object(), jacobian);
      const VectorXd e =
          jacobian.transpose() * weights("imtl_g", {{"normalizer", "absolute_sum"}}, jacobian);
      QVERIFY((d.normalized() - e.normalized()).norm() < 1e-6);
    }
  }

  void configStopsBetweenOppositeTasks() {
    QCOMPARE(weights("config", json::object(), MatrixXd{{1, 2}, {-1, -2}}), (VectorXd{{0, 0}}));
  }

  /// The KKT conditions of min ‖d - g̃_1‖ s.t. g̃_j·d >= τ‖g̃_j‖², and the length of the primary.
  void pcdServesThePrimaryWithinTheConstraints() {
    for (int i = 0; i < 3 * kMatrices; ++i) {
      const MatrixXd jacobian = hardRows(i);
      const double tau = i % 2 == 0 ? 0.02 : 0.5;
      const VectorXd norms = jacobian.rowwise().norm();
      const VectorXd w = weights("pcd", {{"tau", tau}, {"epsilon", 0}}, jacobian);
      const VectorXd d = jacobian.transpose() * w;
      if (w.isZero(0)) continue;
      QVERIFY(std::abs(d.norm() / norms[0] - 1) < 1e-6);
      const VectorXd mixture = w.cwiseProduct(norms) / (w[0] * norms[0]);  // 1, μ
      const MatrixXd unit = norms.cwiseInverse().asDiagonal() * jacobian;
      const VectorXd gains = unit * (unit.transpose() * mixture);
      if ((mixture.tail(mixture.size() - 1).array() == 0).all()) continue;  // also: infeasible
      for (Index j = 1; j < gains.size(); ++j) {
        QVERIFY(mixture[j] >= 0);
        QVERIFY2(gains[j] >= tau - 1e-6 * mixture.sum(), qPrintable(QString::number(i)));
        QVERIFY(mixture[j] * std::abs(gains[j] - tau) <= 1e-6 * mixture.squaredNorm());
      }
    }
  }

  void pcdFollowsThePrimaryWhereNothingServesAll() {
    const MatrixXd jacobian{{3, 4}, {1, -1}, {-2, 2}};
    expectNear(weights("pcd", json::object(), jacobian), {1, 0, 0}, 0);
    expectNear(weights("pcd", {{"primary", 1}}, MatrixXd{{1, 0}, {0, 0}}), {0, 0}, 0);
    // Three dependent others whose levels do fit.
    const MatrixXd fits{{-1, -1}, {1, 0}, {0, 1}, {1, 1}};
    const VectorXd d = fits.transpose() * weights("pcd", {{"tau", 0.5}}, fits);
    QVERIFY(d.minCoeff() > 0);
  }

  void pcdRemembersTheSquares() {
    const auto balancer = make("pcd", {{"beta", 0.5}, {"epsilon", 0}}, 2);
    balancer->weigh(inputsOf(jacobianA()));
    const MatrixXd next{{1, 0}, {-1, 1}};
    const VectorXd w = balancer->weigh(inputsOf(next));
    // v = (18/4 + 1/2, 38/4 + 2/2), over 1 - 1/4.
    const VectorXd scales = VectorXd{{5, 10.5}}.array().pow(-0.5) * std::sqrt(0.75);
    const MatrixXd scaled = scales.asDiagonal() * next;
    const double mu = 0.02 - scaled.row(0).dot(scaled.row(1)) / scaled.row(1).squaredNorm();
    const VectorXd d = (scaled.row(0) + mu * scaled.row(1)).transpose();
    QVERIFY((next.transpose() * w - d.normalized()).norm() < 1e-12);
  }

  /// Two tasks that are one up to the noise of float32: their difference is no direction.
  void noiseOfTheGradientsTypeIsNoDirection() {
    MatrixXd jacobian = randomJacobian(10);
    jacobian.row(1) = jacobian.row(0) * (1 + 1e-7);
    jacobian(1, 3) += 2e-6;
    MatrixXd exact = jacobian;
    exact.row(1) = exact.row(0);
    for (const char* id : {"aligned_mtl", "imtl_g", "config"}) {
      const auto found = [&](const MatrixXd& rows, double rounding) {
        Setting setting;
        setting.tasks = rows.rows();
        setting.rounding = rounding;
        const auto made = gradientMethods().create(id, {}, id, setting);
        return VectorXd(rows.transpose() * made->weigh(inputsOf(rows)));
      };
      const VectorXd expected = found(exact, eq::kDoubleRounding);
      const VectorXd single = found(jacobian, eq::kSingleRounding);
      QVERIFY((single - expected).norm() < 1e-5 * expected.norm());
      // Aligned-MTL makes all directions as short as the shortest that it keeps.
      if (std::string(id) != "aligned_mtl") continue;
      const VectorXd sharp = found(jacobian, eq::kDoubleRounding);
      QVERIFY(sharp.norm() < 1e-3 * expected.norm());
    }
  }

  void krumTakesTheNearestRows() {
    // Distances of 0: (1, 10, 2), 1: (1, 9, 1), 2: (10, 9, 8), 3: (2, 1, 8); f = 1: the least one.
    const MatrixXd line{{0}, {1}, {10}, {2}};
    expectNear(weights("krum", json::object(), line), {1, 0, 0, 0}, 0);
    expectNear(weights("krum", {{"selected", 3}}, line), {1.0 / 3, 1.0 / 3, 0, 1.0 / 3}, 0);
    // f = 0: two neighbours; squares 5, 2, 145, 5 and sums 3, 2, 17, 3.
    expectNear(weights("krum", {{"byzantine", 0}, {"selected", 2}}, line), {0.5, 0.5, 0, 0}, 0);
    // Two neighbours: of 0 at 2.5 and 2.5 (squares 12.5, sum 5), of 10 at 0 and 4 (16, 4).
    const MatrixXd apart{{-2.5}, {0}, {2.5}, {10}, {10}, {14}};
    expectNear(weights("krum", {{"byzantine", 2}}, apart), {0, 1, 0, 0, 0, 0}, 0);
    expectNear(weights("krum", {{"byzantine", 2}, {"squared", false}}, apart), {0, 0, 0, 1, 0, 0},
               0);
    for (const json& wrong : {json{{"byzantine", 2}}, json{{"selected", 5}}})
      QVERIFY_EXCEPTION_THROWN(make("krum", wrong, 4), eq::Error);
    QVERIFY_EXCEPTION_THROWN(make("krum", json::object(), 3), eq::Error);
  }

  void crMogmSmoothsTheInnerWeights() {
    const auto balancer =
        make("cr_mogm", {{"inner", "cagrad"}, {"inner_params", {{"c", 0.4}}}, {"alpha", 0.7}}, 2);
    const MatrixXd next{{1, 0}, {-1, 1}};
    const VectorXd first = weights("cagrad", {{"c", 0.4}}, jacobianA());
    const VectorXd second = weights("cagrad", {{"c", 0.4}}, next);
    QCOMPARE(balancer->weigh(inputsOf(jacobianA())), first);
    const VectorXd mixed = 0.7 * first + 0.3 * second;
    QVERIFY((balancer->weigh(inputsOf(next)) - mixed).norm() < 1e-15);
    QVERIFY((balancer->weigh(inputsOf(next)) - (0.7 * mixed + 0.3 * second)).norm() < 1e-15);
  }

  void crMogmRefusesWhatItCannotSmooth() {
    for (const auto& [params, message] :
         {std::pair{json::object(), "cr_mogm.inner: is required"},
          {json{{"inner", "mgdx"}}, "cr_mogm.inner: "},
          {json{{"inner", "cagrad"}, {"inner_params", {{"c", -1}}}}, "cr_mogm.inner_params.c: "}}) {
      try {
        make("cr_mogm", params, 2);
        QFAIL("not refused");
      } catch (const eq::Error& error) {
        QVERIFY2(std::string(error.what()).starts_with(message), error.what());
      }
    }
  }

  void auxiliaryWeightsMoveAfterEveryFifthStep() {
    const auto balancer = make("ol_aux", {{"primary", 1}}, 2);
    for (int step = 0; step < 5; ++step)
      expectNear(balancer->weigh(inputsOf(jacobianA())), {1, 1}, 0);
    expectNear(balancer->weigh(inputsOf(jacobianA())), {1 - 0.5 * 0.8412, 1}, 6e-5);
    const auto zero = make("ol_aux", {{"every", 1}}, 2);
    zero->weigh(inputsOf(MatrixXd{{1, 0}, {0, 0}}));
    expectNear(zero->weigh(inputsOf(MatrixXd{{1, 0}, {0, 0}})), {1, 1}, 0);
  }

  void gcsCountsAZeroRowAsUnrelated() {
    expectNear(weights("gcs", json::object(), MatrixXd{{1, 0}, {0, 0}, {1, 1}}), {1, 0, 1}, 0);
    expectNear(weights("gcs", json::object(), MatrixXd{{0, 0}, {1, 0}}), {1, 0}, 0);
    QVERIFY_EXCEPTION_THROWN(make("gcs", {{"primary", 2}}, 2), eq::Error);
  }

  /// Walking from one auxiliary task to another does not come nearer to the primary.
  void armlIsTheNearestMixture() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = hardRows(i);
      const Index tasks = jacobian.rows();
      const VectorXd w = weights("arml", json::object(), jacobian);
      QCOMPARE(w[0], 1.0);
      QVERIFY(w.minCoeff() >= 0);
      QVERIFY(std::abs(w.tail(tasks - 1).sum() - double(tasks - 1)) < 1e-9 * double(tasks));
      const VectorXd away = 2 * jacobian.row(0).transpose() - jacobian.transpose() * w;
      const VectorXd slopes = -(jacobian.bottomRows(tasks - 1) * away);
      const double reached = w.tail(tasks - 1).dot(slopes) / double(tasks - 1);
      const double size = jacobian.rowwise().norm().maxCoeff();
      QVERIFY2(slopes.minCoeff() >= reached - 1e-9 * size * size, qPrintable(QString::number(i)));
    }
    expectNear(weights("arml", json::object(), MatrixXd{{1, 1}, {1, 0}, {0, 1}}), {1, 1, 1}, 1e-12);
    expectNear(weights("arml", json::object(), MatrixXd{{2, 2}, {1, 1}, {0, 1}}), {1, 2, 0}, 1e-12);
  }
};

EQUIPOISE_TEST(TestFurtherGradientMethods)
#include "tst_further_gradient.moc"
