#include <cmath>

#include <QTest>

#include "core/balance/gradient/active_set.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;

namespace {

constexpr int kMatrices = 200;

/// Gaussian rows in few dimensions, over six decades of length; in every second matrix one row is
/// opposed to another.
MatrixXd unevenJacobian(int index) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(index));
  std::normal_distribution<double> normal;
  MatrixXd jacobian(2 + index % 40, 1 + index % 5);
  for (double& entry : jacobian.reshaped()) entry = normal(engine);
  if (index % 2 == 1) jacobian.row(0) = -jacobian.row(1);
  for (auto row : jacobian.rowwise())
    row *= std::pow(10.0, std::uniform_real_distribution<double>(-3, 3)(engine));
  return jacobian;
}

/// The largest slope towards a vertex of the simplex, for each row over its length.
double descentLeft(const MatrixXd& jacobian, const VectorXd& linear, const VectorXd& w) {
  const VectorXd slope = jacobian * (jacobian.transpose() * w) + linear;
  return (w.dot(slope) - slope.array()).cwiseQuotient(jacobian.rowwise().norm().array()).maxCoeff();
}

}  // namespace

class TestActiveSet : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void simplexMinimumHasNoWayDown() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = unevenJacobian(i);
      const MatrixXd gramian = jacobian * jacobian.transpose();
      const VectorXd mean = jacobian.colwise().mean();
      for (const double share : {0.0, 0.01, 100.0}) {
        const VectorXd linear = share * jacobian * mean;
        const VectorXd w = minimizeOnSimplex(gramian, linear);
        QVERIFY(w.minCoeff() >= 0);
        QVERIFY(std::abs(w.sum() - 1) < 1e-12);
        const double size = jacobian.rowwise().norm().maxCoeff() * (1 + share);
        QVERIFY2(descentLeft(jacobian, linear, w) <= 1e-10 * size, qPrintable(QString::number(i)));
      }
    }
  }

  /// The weights' sum was lost as rounding where all rows of the support were much longer than the
  /// shortest, and the search stopped at a wrong corner.
  void longRowsBesideAShortOneStayOnTheSimplex() {
    const MatrixXd jacobian{{2e-5, 1e-5}, {2e4, 2e4}, {1e3, -2e3}};
    const VectorXd linear = jacobian * (jacobian.colwise().mean().transpose());
    const VectorXd w = minimizeOnSimplex(jacobian * jacobian.transpose(), linear);
    QVERIFY(descentLeft(jacobian, linear, w) < 1e-6);
  }

  void startOnlySavesSteps() {
    const MatrixXd gramian = jacobianB() * jacobianB().transpose();
    const VectorXd linear{{1, -3, 0.5}};
    const VectorXd cold = minimizeOnSimplex(gramian, linear);
    const VectorXd warm = minimizeOnSimplex(gramian, linear, VectorXd{{0.5, 0, 0.5}});
    QVERIFY((warm - cold).norm() < 1e-14);
  }

  void conePointIsOptimal() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = unevenJacobian(i);
      const VectorXd norms = jacobian.rowwise().norm();
      const VectorXd lower = VectorXd::Constant(norms.size(), 1.0 / norms.size());
      const VectorXd v = dualConePoint(jacobian * jacobian.transpose(), lower);
      // No conflict is left, and only tasks at its edge were helped.
      const VectorXd d = jacobian.transpose() * v;
      const VectorXd along = (jacobian * d).cwiseQuotient(norms);
      const double size = (jacobian.transpose() * lower).norm();
      const VectorXd added = (v - lower).cwiseProduct(norms);
      QVERIFY(added.minCoeff() >= 0);
      QVERIFY(along.minCoeff() >= -1e-9 * size);
      QVERIFY(added.dot(along) <= 1e-9 * size * size);
    }
  }
  void conePointEqualsDualProj() {
    const MatrixXd a = jacobianA(), b = jacobianB();
    const VectorXd half = VectorXd::Constant(2, 0.5), third = VectorXd::Constant(3, 1.0 / 3);
    QVERIFY((dualConePoint(a * a.transpose(), half) - VectorXd{{11.0 / 18, 0.5}}).norm() < 1e-12);
    const VectorXd expected{{1.0 / 3, 8.0 / 15, 1.0 / 3}};
    QVERIFY((dualConePoint(b * b.transpose(), third) - expected).norm() < 1e-12);
  }
};

EQUIPOISE_TEST(TestActiveSet)
#include "tst_active_set.moc"
