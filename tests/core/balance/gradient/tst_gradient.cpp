#include <cmath>
#include <limits>

#include <QTest>

#include "core/base/error.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

Q_DECLARE_METATYPE(std::vector<double>)
Q_DECLARE_METATYPE(json)

namespace {

constexpr int kMatrices = 60;

void addExample(const char* id, const json& params, const char* matrix,
                const std::vector<double>& expected) {
  const auto name = QString("%1 %2 %3").arg(id, QString::fromStdString(params.dump()), matrix);
  QTest::newRow(qPrintable(name)) << QString(id) << params << QString(matrix) << expected;
}

double relativeError(const VectorXd& found, const VectorXd& expected) {
  return (found - expected).norm() / std::max(expected.norm(), 1e-300);
}

/// The objective that CAGrad minimises over the simplex.
double cagradValue(const MatrixXd& gramian, double c, const VectorXd& w) {
  const VectorXd p = VectorXd::Constant(w.size(), 1.0 / static_cast<double>(w.size()));
  return w.dot(gramian * p) + c * std::sqrt(p.dot(gramian * p) * w.dot(gramian * w));
}

}  // namespace

class TestGradientMethods : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<QString>("matrix");
    QTest::addColumn<std::vector<double>>("expected");
    addExample("mgda", {}, "A", {0.6, 0.4});
    addExample("mgda", {}, "B", {0.2308, 0.5179, 0.2513});
    addExample("mgda", {{"normalization", "l2"}}, "B", {0.1758, 0.4448, 0.3794});
    addExample("mgda", {{"normalization", "loss"}}, "B", {0.6254, 0.1972, 0.1774});
    addExample("mgda", {{"normalization", "loss+"}}, "B", {0.5079, 0.1869, 0.3052});
    addExample("mgda_ub", {}, "A", {0.6, 0.4});
    addExample("pcgrad", {}, "A", {2.2222, 1.5789});
    addExample("pcgrad", {{"order", "ascending"}}, "B", {1.4, 2.6, 1.4308});
    addExample("pcgrad", {{"order", "descending"}}, "B", {1.2954, 2.6, 1.4615});
    addExample("cagrad", {}, "A", {0.7041, 0.5});
    addExample("cagrad", {{"c", 0.4}, {"rescale", 1}}, "A", {0.5718, 0.4310});
    addExample("cagrad", {{"c", 0.9}}, "A", {1.1073, 0.7382});
    addExample("cagrad", {}, "B", {0.3333, 0.5805, 0.3333});
    addExample("cagrad", {{"c", 0}}, "B", {0.3333, 0.3333, 0.3333});
    addExample("nash_mtl", {{"max_norm", 0}}, "A", {0.5915, 0.4071});
    addExample("nash_mtl", {}, "A", {0.4182, 0.2878});
    addExample("nash_mtl", {{"max_norm", 0}}, "B", {0.5636, 1.0693, 0.5474});
    addExample("imtl_g", {}, "A", {0.5923, 0.4077});
    addExample("imtl_g", {}, "B", {0.2054, 0.5196, 0.2749});
    addExample("aligned_mtl", {}, "A", {0.5591, 0.4083});
    addExample("aligned_mtl", {{"preference", {1, 1}}}, "A", {1.1181, 0.8165});
    addExample("aligned_mtl", {{"scale_mode", "rmse"}}, "A", {1.5109, 1.1033});
    addExample("aligned_mtl", {}, "B", {0.2394, 0.4087, 0.2347});
    addExample("aligned_mtl", {{"scale_mode", "median"}}, "B", {0.4113, 0.7022, 0.4033});
    addExample("aligned_mtl", {{"scale_mode", "rmse"}}, "B", {0.5306, 0.9059, 0.5203});
    addExample("aligned_mtl_ub", {}, "A", {0.5591, 0.4083});
    addExample("epo", {}, "A", {1, 0});
    addExample("gradvac", {}, "A", {2.2222, 1.5789});
    addExample("fairgrad", {}, "A", {0.5915, 0.4071});
    addExample("fairgrad", {{"alpha", 2}}, "A", {0.4714, 0.3195});
    addExample("fairgrad", {{"alpha", 2}}, "B", {0.4847, 0.9822, 0.4888});
    addExample("fairgrad", {{"alpha", 0}}, "B", {0.3333, 0.3333, 0.3333});
    addExample("fairgrad", {{"max_norm", 1}}, "A", {0.4182, 0.2878});  // Nash
    addExample("upgrad", {}, "A", {1.1111, 0.7895});
    addExample("upgrad", {{"ridge", 1e-4}}, "A", {1.1109, 0.7894});
    addExample("upgrad", {}, "B", {0.4416, 0.9070, 0.4984});
    addExample("dualproj", {}, "A", {0.6111, 0.5});
    addExample("dualproj", {{"ridge", 1e-4}}, "A", {0.6109, 0.5});
    addExample("dualproj", {}, "B", {0.3333, 0.5333, 0.3333});
    addExample("config", {}, "A", {1.2265, 0.8441});
    addExample("config", {}, "B", {0.6352, 1.6066, 0.8500});
    addExample("pcd", {}, "A", {1.848061, 1.095368});
    addExample("pcd", {{"tau", 0.5}}, "A", {1.357817, 1.253361});
    addExample("pcd", {{"tau", {0.5}}}, "A", {1.357817, 1.253361});
    addExample("cr_mogm", {{"inner", "mgda"}}, "A", {0.6, 0.4});  // the first step
    addExample("gcs", {}, "B", {1, 0, 1});                        // cosines -0.4, 0.2481
    addExample("gcs", {{"mode", "soft"}}, "B", {1, 0, 0.2481});
    addExample("ol_aux", {}, "B", {1, 1, 1});
  }
  void equalsWorkedNumbers() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(QString, matrix);
    QFETCH(std::vector<double>, expected);
    const auto given = params.is_null() ? json::object() : params;
    const MatrixXd jacobian = matrix == "A" ? jacobianA() : jacobianB();
    const VectorXd losses = matrix == "A" ? VectorXd{{2, 0.5}} : VectorXd{{2, 0.5, 1}};
    const VectorXd found = weights(id.toStdString(), given, jacobian, losses);
    const double error = (found - vectorOf(expected)).cwiseAbs().maxCoeff();
    QVERIFY2(error <= 6e-5, qPrintable(QString("differs by %1").arg(error)));
  }

  void mgdaIsTheShortestPoint() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const MatrixXd gramian = jacobian * jacobian.transpose();
      const VectorXd w = weights("mgda", json::object(), jacobian);
      QVERIFY(w.minCoeff() >= 0);
      QVERIFY(std::abs(w.sum() - 1) < 1e-12);
      const double square = w.dot(gramian * w);
      QVERIFY2((gramian * w).minCoeff() >= square * (1 - 1e-9), qPrintable(QString::number(i)));
    }
  }

  /// A weight of -0.6 made the task's loss rise.
  void mgdaDividesByTheSizeOfALoss_data() {
    QTest::addColumn<QString>("normalization");
    QTest::newRow("loss") << QString("loss");
    QTest::newRow("loss+") << QString("loss+");
  }
  void mgdaDividesByTheSizeOfALoss() {
    QFETCH(QString, normalization);
    for (const char* rows : {"raw", "normalized"}) {
      const json params = {{"normalization", normalization.toStdString()}, {"apply_to", rows}};
      const VectorXd found = weights("mgda", params, jacobianA(), VectorXd{{-1, 0.5}});
      QVERIFY(found.minCoeff() >= 0);
      QCOMPARE(found, weights("mgda", params, jacobianA(), VectorXd{{1, 0.5}}));
      for (const double tiny : {1e-300, 1e-160}) {
        const json raw = {{"normalization", normalization.toStdString()}};
        const VectorXd far = weights("mgda", raw, jacobianA(), VectorXd{{tiny, 1}});
        QVERIFY(std::abs(far[0]) < 1e-9 && std::abs(far[1] - 1) < 1e-9);
      }
    }
  }

  /// One task's unit, from 1e-6 to 1e6, for the methods that promise not to feel it; of IMTL-G
  /// after the formula up to the sign, which is that of the sum of its weights.
  void unitOfOneTaskLeavesTheDirection_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::newRow("imtl_g") << QString("imtl_g") << json::object();
    QTest::newRow("imtl_g absolute_sum")
        << QString("imtl_g") << json{{"normalizer", "absolute_sum"}};
    QTest::newRow("nash_mtl") << QString("nash_mtl") << json::object();
    QTest::newRow("config") << QString("config") << json::object();
    // Not loss+, which divides by the unit twice.
    for (const char* by : {"l2", "loss"})
      QTest::newRow(by) << QString("mgda")
                        << json{{"normalization", by}, {"apply_to", "normalized"}};
  }
  void unitOfOneTaskLeavesTheDirection() {
    QFETCH(QString, id);
    QFETCH(json, params);
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const VectorXd losses = VectorXd::LinSpaced(jacobian.rows(), 1, 2);
      const VectorXd d = jacobian.transpose() * weights(id.toStdString(), params, jacobian, losses);
      for (const double unit : {1e-6, 1e-3, 1e3, 1e6}) {
        MatrixXd scaled = jacobian;
        VectorXd scaledLosses = losses;
        scaled.row(i % jacobian.rows()) *= unit;
        scaledLosses[i % jacobian.rows()] *= unit;
        const VectorXd e =
            scaled.transpose() * weights(id.toStdString(), params, scaled, scaledLosses);
        const double sign = id == "imtl_g" && params.empty() && e.dot(d) < 0 ? -1 : 1;
        QVERIFY2(relativeError(sign * e.normalized(), d.normalized()) < 1e-8,
                 qPrintable(QString("matrix %1, unit %2").arg(i).arg(unit)));
      }
    }
  }

  /// A row behind one that depends on those before it got weight 0.
  void alignedMtlSeesRowsBehindDependentOnes() {
    const MatrixXd jacobian{{2, 0}, {1, 0}, {0, 3}};
    // λ = 5 and 9: √s V Λ^-½ Vᵀ p is V Vᵀ p in the plane of the first two, √(5/9) p of the third.
    const VectorXd expected{{0.4, 0.2, std::sqrt(5.0) / 9}};
    QVERIFY(relativeError(weights("aligned_mtl", json::object(), jacobian), expected) < 1e-12);
    QVERIFY(relativeError(weights("aligned_mtl", json::object(), jacobian.colwise().reverse()),
                          expected.reverse()) < 1e-12);
  }

  /// Rows as 1e-3 : 1 : 1e3 cost four digits.
  void unlikeRowsCostAlignedMtlNoDigits() {
    for (int i = 0; i < kMatrices; i += 2) {
      const MatrixXd plain = randomJacobian(i);
      // Orthogonal rows, whose G is diagonal: w_k is the least norm over that of row k, over K.
      const MatrixXd basis = Eigen::HouseholderQR<MatrixXd>(plain.transpose()).householderQ() *
                             MatrixXd::Identity(plain.cols(), plain.rows());
      const Index tasks = plain.rows();
      VectorXd norms(tasks);
      for (Index k = 0; k < tasks; ++k) norms[k] = std::pow(10.0, 3.0 * double(k % 3) - 3);
      const MatrixXd unlike = norms.asDiagonal() * basis.transpose();
      const VectorXd expected = norms.minCoeff() * norms.cwiseInverse() / double(tasks);
      const VectorXd found = weights("aligned_mtl", json::object(), unlike);
      QVERIFY2((found.cwiseQuotient(expected).array() - 1).abs().maxCoeff() < 1e-10,
               qPrintable(QString::number(i)));
    }
  }

  /// The first of two equal rows got all the weight.
  void mgdaHalvesTwoEqualRows_data() {
    QTest::addColumn<QString>("id");
    QTest::newRow("mgda") << QString("mgda");
    QTest::newRow("mgda_ub") << QString("mgda_ub");
  }
  void mgdaHalvesTwoEqualRows() {
    QFETCH(QString, id);
    const auto of = [&](const MatrixXd& jacobian, const json& params) {
      return weights(id.toStdString(), params, jacobian);
    };
    const VectorXd halves{{0.5, 0.5}};
    QCOMPARE(of(MatrixXd{{3, 1}, {3, 1}}, json::object()), halves);
    QCOMPARE(of(MatrixXd{{3e-9, 1e-9}, {3e-9, 1e-9}}, json::object()), halves);
    QCOMPARE(of(MatrixXd{{1, 2}, {2, 4}}, {{"normalization", "l2"}}), halves);
    QCOMPARE(of(MatrixXd{{0.1, 0.7, 0.3}, {0.3, 2.1, 0.9}}, {{"normalization", "l2"}}), halves);
    const VectorXd around{{0.5, 0, 0.5}};
    QCOMPARE(of(MatrixXd{{1, 2}, {0, 0}, {1, 2}}, json::object()), around);
    // Rows that the Gramian can tell apart have a shortest.
    QCOMPARE(of(MatrixXd{{1, 2}, {1 + 1e-12, 2}}, json::object()), VectorXd(VectorXd::Unit(2, 0)));
    QCOMPARE(of(MatrixXd{{1, 2}, {2, 4}}, json::object()), VectorXd(VectorXd::Unit(2, 0)));
  }

  void cagradHelpsTheWorstTaskWhereTheHullHoldsZero() {
    // In the plane, so that the best d is found by walking round the ball.
    std::mt19937_64 engine(7);
    std::normal_distribution<double> normal;
    for (int index = 0; index < kMatrices; ++index) {
      MatrixXd jacobian(5, 2);
      for (double& entry : jacobian.reshaped()) entry = normal(engine);
      const double c = index % 2 == 0 ? 0.99 : 0.4;
      const VectorXd found = jacobian.transpose() * weights("cagrad", {{"c", c}}, jacobian);
      const VectorXd mean = jacobian.colwise().mean();
      const double reach = c * mean.norm();
      double best = -std::numeric_limits<double>::infinity();
      for (int k = 0; k < 20000; ++k) {
        const double angle = k * 6.283185307179586 / 20000;
        const VectorXd d = mean + reach * Eigen::Vector2d(std::cos(angle), std::sin(angle));
        best = std::max(best, (jacobian * d).minCoeff());
      }
      QVERIFY((found - mean).norm() <= reach * (1 + 1e-9));
      QVERIFY((jacobian * found).minCoeff() >= best - 1e-9);
    }
    const MatrixXd around{{1, 0}, {-1, 2}, {-1, -1}};
    QCOMPARE(weights("cagrad", {{"c", 1}}, around), VectorXd(VectorXd::Zero(3)));
  }

  /// The update was 0, which lies outside the ball.
  void cagradStaysInTheBallWhereTheWorstTaskCannotGain() {
    MatrixXd opposed = randomJacobian(8);
    opposed.row(0) = -opposed.row(1);
    for (const MatrixXd& jacobian : {MatrixXd{{1, 0}, {-1, 0}, {0, 1}}, opposed})
      for (const double c : {0.2, 0.9, 1.5}) {
        const VectorXd d = jacobian.transpose() * weights("cagrad", {{"c", c}}, jacobian);
        const VectorXd mean = jacobian.colwise().mean();
        QVERIFY(std::abs((d - mean).norm() / mean.norm() - c) < 1e-6);
        QVERIFY((jacobian * d).minCoeff() > -1e-6);
      }
  }

  void cagradIsTheMinimumOverTheSimplex() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const MatrixXd gramian = jacobian * jacobian.transpose();
      const Index tasks = jacobian.rows();
      for (const double c : {0.1, 0.5, 0.95, 3.0}) {
        const VectorXd all = weights("cagrad", {{"c", c}}, jacobian);
        const VectorXd mean = VectorXd::Constant(tasks, 1.0 / static_cast<double>(tasks));
        const double reach = c * std::sqrt(mean.dot(gramian * mean));
        const VectorXd away = all - mean;
        QVERIFY(std::abs(std::sqrt(away.dot(gramian * away)) / reach - 1) < 1e-9);
        // Walking towards any vertex does not lower the objective.
        const VectorXd w = away / away.sum();
        const double value = cagradValue(gramian, c, w);
        for (Index k = 0; k < tasks; ++k)
          for (const double step : {1e-3, 1e-2, 0.1, 1.0}) {
            const VectorXd other = (1 - step) * w + step * VectorXd::Unit(tasks, k);
            QVERIFY(cagradValue(gramian, c, other) >= value - 1e-9 * std::abs(value));
          }
      }
    }
  }

  void nashSolvesTheBargain() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const VectorXd w = weights("nash_mtl", {{"max_norm", 0}}, jacobian);
      QVERIFY(w.minCoeff() > 0);
      const VectorXd gains = w.cwiseProduct(jacobian * (jacobian.transpose() * w));
      QVERIFY((gains.array() - 1).abs().maxCoeff() < 1e-8);
    }
  }

  void nashIgnoresTheScaleOfRows() {
    for (int i = 0; i < kMatrices; i += 2) {
      const MatrixXd jacobian = randomJacobian(i);
      MatrixXd scaled = jacobian;
      scaled.row(0) *= 37;
      const VectorXd d = jacobian.transpose() * weights("nash_mtl", json::object(), jacobian);
      const VectorXd e = scaled.transpose() * weights("nash_mtl", json::object(), scaled);
      QVERIFY(relativeError(e, d) < 1e-8);
    }
  }

  void imtlProjectsEquallyOnAllTasks() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const VectorXd w = weights("imtl_g", json::object(), jacobian);
      QVERIFY(std::abs(w.sum() - 1) < 1e-9);
      const VectorXd along =
          (jacobian * (jacobian.transpose() * w)).cwiseQuotient(jacobian.rowwise().norm());
      QVERIFY((along.array() / along.mean() - 1).abs().maxCoeff() < 1e-6);
    }
  }

  /// A shorter third row has the same direction, yet the sum of the weights turns the update around
  /// without a word.
  void imtlSaysWhereTheSumOfItsWeightsTurnsOrStopsTheUpdate() {
    const auto jacobian = [](double length) {
      return MatrixXd{{1, 0, 0}, {0, 1, 0}, {2 * length / 3, 2 * length / 3, length / 3}};
    };
    const auto compare = [&](const json& params, double length, const VectorXd& expected,
                             const std::string& remark) {
      const auto balancer = make("imtl_g", params, 3);
      const VectorXd found = balancer->weigh(inputsOf(jacobian(length)));
      QVERIFY((found - expected).cwiseAbs().maxCoeff() < 1e-9);
      const auto remarks = balancer->remarks();
      QCOMPARE(remarks.size(), size_t{remark.empty() ? 0U : 1U});
      if (remark.empty()) return;
      QCOMPARE(remarks[0].task, Index{2});
      QVERIFY2(remarks[0].text.find(remark) != std::string::npos, remarks[0].text.c_str());
    };
    const json absolute{{"normalizer", "absolute_sum"}};
    for (const auto& params : {json::object(), absolute}) {
      compare(params, 1, VectorXd{{1, 1, -1}}, "");
      compare(params, 0.5, VectorXd{{0, 0, 0}}, "all weights are 0");
    }
    compare(json::object(), 0.25, VectorXd{{-0.5, -0.5, 2}},
            "against every task's gradient; set normalizer to absolute_sum");
    compare(absolute, 0.25, VectorXd{{0.5, 0.5, -2}}, "");
    const auto balancer = make("imtl_g", json::object(), 3);
    balancer->weigh(inputsOf(jacobian(0.25)));
    balancer->weigh(inputsOf(jacobian(1)));
    QVERIFY(balancer->remarks().empty());
  }

  void imtlAndNashAgreeInDirectionForTwoTasks() {
    for (int i = 0; i < kMatrices; i += 5) {
      const MatrixXd jacobian = randomJacobian(i).topRows(2);
      const VectorXd a = jacobian.transpose() * weights("imtl_g", json::object(), jacobian);
      const VectorXd b = jacobian.transpose() * weights("nash_mtl", json::object(), jacobian);
      QVERIFY(std::abs(a.normalized().dot(b.normalized()) - 1) < 1e-9);
    }
  }

  void alignedRowsAreOrthogonalAndEquallyLong() {
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const Index tasks = jacobian.rows();
      MatrixXd aligned(tasks, jacobian.cols());
      for (Index k = 0; k < tasks; ++k) {
        std::vector<double> preference(static_cast<size_t>(tasks), 0.0);
        preference[static_cast<size_t>(k)] = 1;
        aligned.row(k) =
            weights("aligned_mtl", {{"preference", preference}}, jacobian).transpose() * jacobian;
      }
      const MatrixXd gramian = aligned * aligned.transpose();
      const double square = gramian.trace() / static_cast<double>(tasks);
      QVERIFY((gramian / square - MatrixXd::Identity(tasks, tasks)).cwiseAbs().maxCoeff() < 1e-4);
    }
  }

  void pcgradLeavesGradientsThatAgreeAlone() {
    const MatrixXd jacobian{{1, 0.5, 0}, {0.2, 1, 0}, {0.1, 0.1, 1}};
    QCOMPARE(weights("pcgrad", json::object(), jacobian), VectorXd(VectorXd::Ones(3)));
  }

  void pcgradDrawsItsOrderFromTheSeed() {
    const auto inputs = inputsOf(jacobianB());
    const auto first = make("pcgrad", json::object(), 3, 5);
    const auto second = make("pcgrad", json::object(), 3, 5);
    bool differs = false;
    VectorXd before;
    for (int step = 0; step < 20; ++step) {
      const VectorXd w = first->weigh(inputs);
      QVERIFY(w == second->weigh(inputs));
      differs |= step > 0 && w != before;
      before = w;
    }
    QVERIFY(differs);
  }

  void nashReusesItsLastSolution() {
    const auto balancer = make("nash_mtl", {{"update_every", 2}, {"max_norm", 0}}, 2);
    const VectorXd first = balancer->weigh(inputsOf(jacobianA()));
    QCOMPARE(balancer->weigh(inputsOf(3 * jacobianA())), first);
    QVERIFY(relativeError(balancer->weigh(inputsOf(3 * jacobianA())), first / 3) < 1e-9);
  }

  void wrongListsAreRefused() {
    QVERIFY_EXCEPTION_THROWN(weights("aligned_mtl", {{"preference", {1, 2, 3}}}, jacobianA()),
                             eq::Error);
  }
};

EQUIPOISE_TEST(TestGradientMethods)
#include "tst_gradient.moc"
