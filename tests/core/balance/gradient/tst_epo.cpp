#include <cmath>
#include <limits>

#include <Eigen/LU>
#include <QTest>

#include "core/balance/gradient/linear_program.h"
#include "core/base/error.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

namespace {

constexpr double kSlack = 1e-9;

/// max gain·β over {β in the simplex, rows β >= lower} from all its corners; nothing without one.
std::optional<double> bestCorner(const VectorXd& gain, const MatrixXd& rows,
                                 const VectorXd& lower) {
  const Index tasks = gain.size();
  MatrixXd all(tasks + rows.rows(), tasks);
  all << MatrixXd::Identity(tasks, tasks), rows;
  VectorXd bounds(all.rows());
  bounds << VectorXd::Zero(tasks), lower;
  std::optional<double> best;
  for (size_t set = 0; set < size_t{1} << all.rows(); ++set) {
    if (__builtin_popcountll(set) != tasks - 1) continue;
    MatrixXd system = MatrixXd::Ones(tasks, tasks);
    VectorXd right = VectorXd::Ones(tasks);
    for (Index i = 0, row = 1; i < all.rows(); ++i)
      if (set >> i & 1) system.row(row) = all.row(i), right[row++] = bounds[i];
    if (!right.allFinite()) continue;
    const Eigen::FullPivLU<MatrixXd> solver(system);
    if (!solver.isInvertible()) continue;
    const VectorXd corner = solver.solve(right);
    if ((all * corner - bounds).minCoeff() < -1e-10) continue;
    best = std::max(best.value_or(-std::numeric_limits<double>::infinity()), gain.dot(corner));
  }
  return best;
}

/// The program of the sheet for a step.
struct Program {
  VectorXd gain, lower;
  MatrixXd rows;
};

Program programOf(const MatrixXd& gramian, const VectorXd& preference, const VectorXd& losses,
                  bool relaxed) {
  const VectorXd weighted = preference.cwiseProduct(losses);
  const VectorXd shares = weighted / weighted.sum();
  const VectorXd u = (double(losses.size()) * shares.cwiseMax(1e-12)).array().log();
  const double mu = shares.dot(u);
  const VectorXd c = gramian * preference.cwiseProduct((u.array() - mu).matrix());
  const double slack = kSlack * gramian.cwiseAbs().maxCoeff();
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  if (mu > 1e-4) {
    VectorXd lower = VectorXd::Zero(c.size());
    if (c.maxCoeff() > 0) {
      Index worst = 0;
      weighted.maxCoeff(&worst);
      for (Index j = 0; j < c.size(); ++j) lower[j] = c[j] > 0 ? kNothing : c[j];
      lower[worst] = 0;
    }
    return {c, lower.array() - slack, gramian};
  }
  MatrixXd rows(c.size() + 1, c.size());
  rows << gramian, c.transpose();
  VectorXd lower = VectorXd::Zero(c.size() + 1);
  lower[c.size()] = relaxed ? kNothing : std::min(0.0, c.maxCoeff());
  return {gramian * VectorXd::Ones(c.size()), lower.array() - slack, rows};
}

VectorXd randomPositive(std::mt19937_64& engine, Index size) {
  std::uniform_real_distribution<double> uniform(0.05, 2);
  VectorXd found(size);
  for (double& entry : found) entry = uniform(engine);
  return found;
}

}  // namespace

/// Exact Pareto optimal search.
class TestEpo : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void weightsAreTheBestCornerOfTheProgram() {
    std::mt19937_64 engine(3);
    for (int i = 0; i < 60; ++i) {
      const MatrixXd jacobian = randomJacobian(2 * i);  // rows of like lengths
      const MatrixXd gramian = jacobian * jacobian.transpose();
      const VectorXd r = randomPositive(engine, jacobian.rows());
      // Every third step stands on the ray.
      const VectorXd losses =
          i % 3 == 0 ? VectorXd(r.cwiseInverse()) : randomPositive(engine, jacobian.rows());
      const bool relaxed = i % 2 == 0;
      const auto w = weights(
          "epo", {{"preference", std::vector<double>(r.begin(), r.end())}, {"relaxed", relaxed}},
          jacobian, losses);
      const auto program = programOf(gramian, r, losses, relaxed);
      const auto best = bestCorner(program.gain, program.rows, program.lower);
      if (!best) {
        QVERIFY((w - r / r.sum()).norm() < 1e-12);
        continue;
      }
      const double size = gramian.cwiseAbs().maxCoeff();
      QVERIFY(std::abs(w.sum() - 1) < 1e-12 && w.minCoeff() >= 0);
      for (Index j = 0; j < program.lower.size(); ++j)
        if (std::isfinite(program.lower[j]))
          QVERIFY(program.rows.row(j).dot(w) >= program.lower[j] - 1e-9 * size);
      QVERIFY2(std::abs(program.gain.dot(w) - *best) <= 1e-8 * size,
               qPrintable(QString::number(i)));
    }
  }

  void aProgramWithoutASolutionIsSaid() {
    const MatrixXd rows{{1, 1}};
    QVERIFY(!bestOnSimplex(VectorXd{{1, 0}}, rows, VectorXd{{1.1}}));
    QVERIFY(bestOnSimplex(VectorXd{{1, 0}}, rows, VectorXd{{1}}));
    const MatrixXd both{{1, 0}, {0, 1}};
    QVERIFY(!bestOnSimplex(VectorXd{{1, 0}}, both, VectorXd{{0.6, 0.6}}));
    QCOMPARE(*bestOnSimplex(VectorXd{{1, 0}}, both, VectorXd{{0, 0.25}}), (VectorXd{{0.75, 0.25}}));
  }

  void sixtyFourTasksAreSolved() {
    std::mt19937_64 engine(4);
    std::normal_distribution<double> normal;
    MatrixXd jacobian(64, 100);
    for (double& entry : jacobian.reshaped()) entry = normal(engine);
    const VectorXd losses = randomPositive(engine, 64);
    const VectorXd w = weights("epo", json::object(), jacobian, losses);
    const MatrixXd gramian = jacobian * jacobian.transpose();
    const auto program = programOf(gramian, VectorXd::Constant(64, 1.0 / 64), losses, false);
    for (Index j = 0; j < 64; ++j)
      if (std::isfinite(program.lower[j]))
        QVERIFY(gramian.row(j).dot(w) >= program.lower[j] - 1e-6);
    QVERIFY(program.gain.dot(w) > program.gain.dot(VectorXd::Constant(64, 1.0 / 64)));
  }

  /// r∘L is equal at the end, on the front of two bowls: the line between their centres.
  void descendsToTheRayOfItsPreference() {
    const VectorXd left{{-1, 0}}, right{{1, 0}};
    for (const double ratio : {0.25, 1.0, 4.0}) {
      const auto balancer = make("epo", {{"preference", {ratio, 1.0}}}, 2);
      VectorXd x{{0.7, 1.5}};
      VectorXd losses(2);
      for (int step = 0; step < 4000; ++step) {
        losses << (x - left).squaredNorm(), (x - right).squaredNorm();
        MatrixXd jacobian(2, 2);
        jacobian << 2 * (x - left).transpose(), 2 * (x - right).transpose();
        x -= 0.01 * jacobian.transpose() * balancer->weigh(inputsOf(jacobian, losses));
      }
      QVERIFY(std::abs(x[1]) < 0.02);
      QVERIFY2(std::abs(ratio * losses[0] / losses[1] - 1) < 0.05,
               qPrintable(QString::number(ratio * losses[0] / losses[1])));
    }
  }

  void withoutLossesThePreferenceIsFollowed() {
    const json params{{"preference", {3, 1}}};
    QCOMPARE(weights("epo", params, jacobianA(), VectorXd{{0, 0}}), (VectorXd{{0.75, 0.25}}));
    // A loss of the only task that counts.
    QCOMPARE(weights("epo", {{"preference", {1, 0}}}, jacobianA(), VectorXd{{0, 5}}),
             (VectorXd{{1, 0}}));
  }

  void aNegativeLossCountsAsNoneAndIsRemarked() {
    const auto balancer = make("epo", json::object(), 2);
    const VectorXd found = balancer->weigh(inputsOf(jacobianA(), VectorXd{{2, -3}}));
    QCOMPARE(found, weights("epo", json::object(), jacobianA(), VectorXd{{2, 0}}));
    QCOMPARE(balancer->remarks().size(), size_t{1});
    QCOMPARE(balancer->remarks()[0].task, Index{1});
    QVERIFY(balancer->remarks()[0].text.starts_with("its loss is negative"));
    balancer->weigh(inputsOf(jacobianA(), VectorXd{{2, 1}}));
    QVERIFY(balancer->remarks().empty());
  }

  void aPreferenceForNothingIsRefused() {
    for (const auto& [preference, message] :
         {std::pair{json{0, 0}, "epo.preference: at least one entry must be above 0"},
          {json{1, 2, 3}, "epo.preference: 3 entries, there are 2 tasks"},
          {json{1, -1}, "epo.preference[1]: -1 is below 0"}}) {
      try {
        make("epo", {{"preference", preference}}, 2);
        QFAIL("not refused");
      } catch (const eq::Error& error) {
        QVERIFY2(std::string(error.what()).starts_with(message), error.what());
      }
    }
    QVERIFY_THROWS_EXCEPTION(eq::Error, make("epo", {{"epsilon", 0}}, 2));
  }
};

EQUIPOISE_TEST(TestEpo)
#include "tst_epo.moc"
