#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Generator.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <QTest>

#include <cmath>

#include "core/loss/transport/entropic_transport.h"
#include "tests/registry.h"

using eq::loss::EntropicTransport;
using eq::loss::Potentials;

namespace {

constexpr double kTolerance = 1e-10;
constexpr std::int64_t kIterations = 10000;

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(at::detail::createCPUGenerator(seed)) {}
  at::Tensor normal(at::IntArrayRef shape) { return at::randn(shape, generator_, at::kDouble); }
  /// Logarithms of distributions, the more unequal the greater `sharpness`.
  at::Tensor distributions(std::int64_t pairs, std::int64_t bins, double sharpness) {
    return (normal({pairs, bins}) * sharpness).log_softmax(1);
  }

 private:
  at::Generator generator_;
};

at::Tensor squaredDistances(std::int64_t bins) {
  const auto x = at::arange(bins, at::kDouble);
  return (x.unsqueeze(1) - x.unsqueeze(0)).pow(2) / 2;
}

EntropicTransport transport(const at::Tensor& cost, double epsilon) {
  return {cost, epsilon, kTolerance, kIterations};
}

/// [N, K, K]
at::Tensor planOf(const at::Tensor& logA, const at::Tensor& logB, const Potentials& found,
                  const at::Tensor& cost, double epsilon) {
  const auto gain = found.f.unsqueeze(2) + found.g.unsqueeze(1) - cost;
  return (logA.unsqueeze(2) + logB.unsqueeze(1) + gain / epsilon).exp();
}

at::Tensor valuesOf(const at::Tensor& logA, const at::Tensor& logB, const Potentials& found) {
  return (logA.exp() * found.f + logB.exp() * found.g).sum(1);
}

double largest(const at::Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

}  // namespace

class TestEntropicTransport : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A plan of this form with both marginals is the optimum, which is unique.
  void plansHaveTheirMarginals_data() {
    QTest::addColumn<int>("bins");
    QTest::addColumn<double>("epsilon");
    QTest::addColumn<double>("sharpness");
    for (const int bins : {2, 5, 20, 100})
      for (const double epsilon : {0.01, 0.1, 1.0})
        for (const double sharpness : {0.3, 2.0, 10.0})
          QTest::addRow("%d bins, epsilon %g, sharpness %g", bins, epsilon, sharpness)
              << bins << epsilon << sharpness;
  }
  void plansHaveTheirMarginals() {
    QFETCH(int, bins);
    QFETCH(double, epsilon);
    QFETCH(double, sharpness);
    Random random(7);
    const auto squared = squaredDistances(bins);
    for (const auto& cost : {squared, squared.sqrt(), random.normal({bins, bins})}) {
      const auto logA = random.distributions(3, bins, sharpness);
      const auto logB = random.distributions(3, bins, sharpness);
      const auto found = transport(cost, epsilon).between(logA, logB);
      const auto plan = planOf(logA, logB, found, cost, epsilon);
      QVERIFY(largest((plan.sum(2) - logA.exp()).abs().sum(1)) < 1e-10);
      QVERIFY(largest((plan.sum(1) - logB.exp()).abs().sum(1)) < 1e-10);
    }
  }

  /// Of two bins, the plan's first entry solves a quadratic equation.
  void twoBinsEqualTheClosedForm() {
    Random random(8);
    for (const double epsilon : {0.05, 0.5, 5.0}) {
      const auto cost = random.normal({2, 2});
      const auto logA = random.distributions(1, 2, 2), logB = random.distributions(1, 2, 2);
      const auto at = [](const at::Tensor& tensor, std::int64_t i, std::int64_t j) {
        return tensor[i][j].item<double>();
      };
      const double a = std::exp(at(logA, 0, 0)), b = std::exp(at(logB, 0, 0));
      const double odds =
          std::exp((at(cost, 0, 1) + at(cost, 1, 0) - at(cost, 0, 0) - at(cost, 1, 1)) / epsilon);
      const double p = 1 - odds, q = 1 - a - b + odds * (a + b), r = -odds * a * b;
      const double x = -2 * r / (q + std::sqrt(q * q - 4 * p * r));
      const double plan[2][2] = {{x, a - x}, {b - x, 1 - a - b + x}};
      const double rows[2] = {a, 1 - a}, columns[2] = {b, 1 - b};
      double expected = 0;
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j)
          expected += plan[i][j] *
                      (at(cost, i, j) + epsilon * std::log(plan[i][j] / (rows[i] * columns[j])));
      const auto found = transport(cost, epsilon).between(logA, logB);
      QVERIFY(std::abs(valuesOf(logA, logB, found).item<double>() - expected) < 1e-12);
    }
  }

  /// All mass goes to one bin, and no regularisation remains; bins without mass are no trouble.
  void oneBinCostsWhatItCosts() {
    Random random(9);
    const std::int64_t bins = 30, target = 4;
    const auto cost = squaredDistances(bins);
    auto logits = random.normal({2, bins});
    logits.select(1, 7).fill_(-800);  // exp underflows
    const auto logA = logits.log_softmax(1);
    const auto logB = at::full({2, bins}, -HUGE_VAL, at::kDouble);
    logB.select(1, target).fill_(0);
    const auto solver = transport(cost, 0.1);
    const auto found = solver.between(logA, logB);
    const auto mass = found.g.select(1, target).unsqueeze(1);
    QVERIFY(largest(found.f + mass - cost.select(1, target)) < 1e-9);
    QVERIFY(largest(solver.within(logB).select(1, target)) < 1e-12);
  }

  void massesThatVanishKeepTheOthers() {
    const auto cost = squaredDistances(4);
    const auto logA = at::log(at::tensor({0.5, 0.0, 0.5, 0.0}, at::kDouble)).unsqueeze(0);
    const auto logB = at::log(at::tensor({0.0, 0.25, 0.0, 0.75}, at::kDouble)).unsqueeze(0);
    const auto found = transport(cost, 0.1).between(logA, logB);
    const auto plan = planOf(logA, logB, found, cost, 0.1);
    QVERIFY(largest(plan.sum(2) - logA.exp()) < 1e-12);
    QVERIFY(largest(plan.sum(1) - logB.exp()) < 1e-12);
  }

  /// On symmetric costs, on others, and where swapping two bins is cheaper than keeping them.
  void withinIsBetweenADistributionAndItself() {
    Random random(10);
    const auto swapping = at::tensor({1.0, 0.0, 0.0, 1.0}, at::kDouble).view({2, 2});
    for (const auto& cost :
         {squaredDistances(6), squaredDistances(6).sqrt(), random.normal({6, 6}), swapping}) {
      const auto logA = random.distributions(5, cost.size(0), 1);
      const auto solver = transport(cost, 0.1);
      const auto found = solver.between(logA, logA);
      QVERIFY(largest(solver.within(logA) - (found.f + found.g) / 2) < 1e-8);
    }
  }

  void iterationsAreLimited() {
    Random random(11);
    const auto cost = squaredDistances(5);
    const auto logA = random.distributions(2, 5, 1), logB = random.distributions(2, 5, 1);
    const EntropicTransport once(cost, 0.1, kTolerance, 1);
    const auto expected = ((logB.exp().unsqueeze(1) * at::exp(-cost / 0.1)).sum(2)).log() * -0.1;
    QVERIFY(largest(once.between(logA, logB).f - expected) < 1e-12);
    QVERIFY(largest(once.within(logA) - transport(cost, 0.1).within(logA)) > 1e-4);
  }

  /// More pairs than are solved at once, each as if it were alone.
  void pairsDoNotMeet() {
    Random random(12);
    const std::int64_t pairs = 1500;
    const auto cost = squaredDistances(20);
    const auto logA = random.distributions(pairs, 20, 1), logB = random.distributions(pairs, 20, 1);
    const auto solver = transport(cost, 0.5);
    const auto values = valuesOf(logA, logB, solver.between(logA, logB));
    const auto within = solver.within(logA);
    QCOMPARE(values.size(0), pairs);
    for (const std::int64_t i : {0, 700, 1499}) {
      const auto a = logA.narrow(0, i, 1), b = logB.narrow(0, i, 1);
      QVERIFY(largest(valuesOf(a, b, solver.between(a, b)) - values[i]) < 1e-12);
      QVERIFY(largest(solver.within(a) - within[i]) < 1e-9);
    }
  }
};

EQUIPOISE_TEST(TestEntropicTransport)
#include "tst_entropic_transport.moc"
