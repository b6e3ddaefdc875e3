#include <cmath>
#include <random>

#include <QTest>

#include "core/balance/gradient/simplex_program.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

namespace {

Inputs crossed(const MatrixXd& one, const MatrixXd& other) {
  Inputs inputs;
  inputs.crossGramian = one * other.transpose();
  return inputs;
}

void near(const VectorXd& found, const std::vector<double>& expected, double tolerance = 6e-5) {
  const double error = (found - vectorOf(expected)).cwiseAbs().maxCoeff();
  QVERIFY2(error <= tolerance, qPrintable(QString("differs by %1").arg(error)));
}

MatrixXd randomSymmetric(Index size, std::mt19937_64& engine) {
  std::normal_distribution<double> normal;
  MatrixXd m(size, size);
  for (double& entry : m.reshaped()) entry = normal(engine);
  return (m + m.transpose()) / 2;
}

/// Of w'Sw/2 + b'w, over a grid of the simplex of three.
double leastOfGrid(const MatrixXd& s, const VectorXd& b, int parts) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= parts; ++i)
    for (int j = 0; i + j <= parts; ++j) {
      const VectorXd w = VectorXd{{double(i), double(j), double(parts - i - j)}} / parts;
      least = std::min(least, w.dot(s * w) / 2 + b.dot(w));
    }
  return least;
}

}  // namespace

/// MoDo and SDMGrad, from the products of two batches.
class TestSeveralBatches : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void modoEqualsTheSheet() {
    const auto inputs = crossed(jacobianA(), jacobianA());
    near(make("modo", {{"gamma", 0.1}, {"rho", 0}}, 2)->weigh(inputs), {1, 0}, 1e-12);
    near(make("modo", json::object(), 2)->weigh(inputs), {0.505, 0.495}, 1e-12);
  }

  void modoGoesOnFromItsWeights() {
    const auto modo = make("modo", {{"rho", 0}}, 2);
    const auto inputs = crossed(jacobianA(), jacobianA());
    VectorXd w;
    for (int i = 0; i < 3000; ++i) w = modo->weigh(inputs);
    near(w, {0.6, 0.4}, 1e-6);  // the shortest point: G is that of one batch
  }

  void sdmgradEqualsTheSheet() {
    const auto inputs = crossed(jacobianA(), jacobianA());
    near(make("sdmgrad", json::object(), 2)->weigh(inputs), {0.6, 0.4}, 1e-6);
    near(make("sdmgrad", {{"solver", "projected"}}, 2)->weigh(inputs), {0.1154, 0.8846});
  }

  void sdmgradPullsTowardsThePreference() {
    const auto inputs = crossed(jacobianB(), jacobianB());
    const json far = {{"lambda", 1e6}, {"preference", {0.2, 0.3, 0.5}}};
    near(make("sdmgrad", far, 3)->weigh(inputs), {0.2, 0.3, 0.5}, 1e-5);
  }

  void productsOfTwoBatchesNeedNotBeDefinite() {
    // A diagonal below 0: the rows of two batches point against each other.
    const MatrixXd against{{-1, 0, 0}, {0, 2, 0}, {0, 0, 1}};
    const VectorXd w =
        make("sdmgrad", json::object(), 3)->weigh(crossed(MatrixXd::Identity(3, 3), against));
    QVERIFY(w.allFinite() && std::abs(w.sum() - 1) < 1e-12 && w.minCoeff() >= 0);
  }

  void leastOfAllFacesIsNotAboveAGrid() {
    std::mt19937_64 engine(5);
    for (int i = 0; i < 200; ++i) {
      const MatrixXd s = randomSymmetric(3, engine);
      const VectorXd b = randomSymmetric(3, engine).col(0);
      const VectorXd w = leastOnSimplex(s, b);
      QVERIFY(w.minCoeff() >= 0 && std::abs(w.sum() - 1) < 1e-9);
      QVERIFY(w.dot(s * w) / 2 + b.dot(w) <= leastOfGrid(s, b, 60) + 1e-12);
    }
  }

  void convexProgramsAreSolvedToTheirConditions() {
    std::mt19937_64 engine(6);
    std::normal_distribution<double> normal;
    for (const Index size : {2, 5, 12, 40})
      for (int i = 0; i < 20; ++i) {
        MatrixXd rows(size, i % 2 == 0 ? size + 3 : size / 2 + 1);
        for (double& entry : rows.reshaped()) entry = normal(engine);
        const MatrixXd s = rows * rows.transpose();
        const VectorXd b = s * VectorXd::Constant(size, 0.3 / static_cast<double>(size));
        const VectorXd w = leastOnSimplex(s, b), slope = s * w + b;
        QVERIFY(w.minCoeff() >= 0 && std::abs(w.sum() - 1) < 1e-9);
        const double scale = slope.cwiseAbs().maxCoeff() + 1;
        QVERIFY2(slope.minCoeff() >= w.dot(slope) - 1e-8 * scale,
                 qPrintable(QString::number(size)));
      }
  }
};

EQUIPOISE_TEST(TestSeveralBatches)
#include "tst_several_batches.moc"
