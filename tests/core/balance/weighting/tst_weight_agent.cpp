#include <cmath>

#include <QTest>

#include "core/balance/weighting/weight_agent.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;

namespace {

MatrixXd uniformMatrix(Index rows, Index columns, eq::RandomStream& stream) {
  MatrixXd found(rows, columns);
  for (double& entry : found.reshaped()) entry = 2 * stream.uniform() - 1;
  return found;
}

}  // namespace

class TestWeightAgent : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void slopesOfANetAreItsDifferences() {
    eq::RandomStream stream(3);
    SmallNet net({3, 7, 5, 2}, stream);
    const MatrixXd inputs = uniformMatrix(3, 4, stream), pull = uniformMatrix(2, 4, stream);
    const auto value = [&](const MatrixXd& given) {
      return net.forward(given).cwiseProduct(pull).sum();
    };
    SmallNet::Trace trace;
    net.forward(inputs, &trace);
    VectorXd gradient = VectorXd::Zero(net.parameters().size());
    const MatrixXd slopes = net.backward(trace, pull, gradient);
    constexpr double kStep = 1e-6;
    for (Index i = 0; i < gradient.size(); ++i) {
      const double kept = net.parameters()[i];
      net.parameters()[i] = kept + kStep;
      const double above = value(inputs);
      net.parameters()[i] = kept - kStep;
      const double below = value(inputs);
      net.parameters()[i] = kept;
      QVERIFY(std::abs((above - below) / (2 * kStep) - gradient[i]) < 1e-7);
    }
    for (Index i = 0; i < inputs.size(); ++i) {
      MatrixXd above = inputs, below = inputs;
      above(i % 3, i / 3) += kStep;
      below(i % 3, i / 3) -= kStep;
      const double slope = (value(above) - value(below)) / (2 * kStep);
      QVERIFY(std::abs(slope - slopes(i % 3, i / 3)) < 1e-7);
    }
  }

  /// Paid for the weight of the second task, the agent puts more there.
  void learnsWhatItIsPaidFor() {
    eq::RandomStream stream(5);
    WeightAgent agent(2, 16, 3e-3, stream);
    const VectorXd state = VectorXd::Ones(2);
    const auto mean = [&] {
      double sum = 0;
      for (int i = 0; i < 400; ++i) sum += agent.act(state, stream)[1] / 400;
      return sum;
    };
    const double before = mean();
    for (int round = 0; round < 400; ++round) {
      Transitions batch{MatrixXd::Ones(2, 32), MatrixXd(2, 32), MatrixXd::Ones(2, 32),
                        VectorXd(32)};
      for (Index i = 0; i < 32; ++i) {
        batch.actions.col(i) = agent.act(state, stream);
        batch.rewards[i] = 3 * batch.actions(1, i);
      }
      agent.learn(batch, stream);
    }
    QVERIFY2(mean() > before + 0.3, qPrintable(QString("%1, %2").arg(before).arg(mean())));
  }
};

EQUIPOISE_TEST(TestWeightAgent)
#include "tst_weight_agent.moc"
