#include "dataset_support.h"

#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <QTest>

#include "core/data/two_valleys.h"
#include "reader_support.h"
#include "tests/registry.h"

using eq::TwoValleys;

namespace {

struct Measured {
  std::vector<double> losses;
  std::vector<std::vector<double>> gradients;

  double cosine() const {
    const auto& [a, b] = std::tie(gradients[0], gradients[1]);
    return (a[0] * b[0] + a[1] * b[1]) / (std::hypot(a[0], a[1]) * std::hypot(b[0], b[1]));
  }
};

Measured measure(const eq::data::Problem& problem, double x1, double x2) {
  Measured out;
  for (int k = 0; k < 2; ++k) {
    const auto x = at::tensor({x1, x2}, at::kDouble).requires_grad_();
    const auto losses = problem.objective->losses(x);
    out.losses = numbersOf(losses.detach());
    out.gradients.push_back(numbersOf(torch::autograd::grad({losses[k]}, {x})[0]));
  }
  return out;
}

bool close(double a, double b, double tolerance = 1e-6) {
  return std::abs(a - b) <= tolerance;
}

}  // namespace

class TestTwoValleys : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void agreesWithTheSheet_data() {
    QTest::addColumn<QString>("start");
    QTest::addColumn<double>("x1");
    QTest::addColumn<double>("x2");
    QTest::addColumn<double>("loss1");
    QTest::addColumn<double>("loss2");
    QTest::addColumn<double>("cosine");
    QTest::newRow("upper left") << "upper_left" << -8.5 << 7.5 << 6.552363 << 7.900798 << 0.9958;
    QTest::newRow("centre") << "centre" << 0.0 << 0.0 << 0.0 << 0.0 << 1.0;
    QTest::newRow("upper right") << "upper_right" << 9.0 << 9.0 << 7.943949 << 6.691495 << 2.0;
    QTest::newRow("lower left") << "lower_left" << -7.5 << -0.5 << 0.388808 << -4.754484 << -0.7048;
    QTest::newRow("lower right") << "lower_right" << 9.0 << -1.0 << -8.831059 << 2.814293
                                 << -0.8310;
  }
  void agreesWithTheSheet() {
    QFETCH(QString, start);
    QFETCH(double, x1);
    QFETCH(double, x2);
    QFETCH(double, loss1);
    QFETCH(double, loss2);
    QFETCH(double, cosine);  // 2: the sheet gives none
    const auto problem = loadData("two_valleys", {{"start", start.toStdString()}});
    QCOMPARE(problem.objective->start, (std::vector<double>{x1, x2}));
    const auto measured = measure(problem, x1, x2);
    QVERIFY(close(measured.losses[0], loss1) && close(measured.losses[1], loss2));
    if (cosine < 2)
      QVERIFY2(close(measured.cosine(), cosine, 5e-5),
               qPrintable(QString::number(measured.cosine())));
  }

  void maximumPassesItsGradientAtEquality() {
    const auto measured = measure(loadData("two_valleys"), 0, 0);
    for (const auto& gradient : measured.gradients) {
      QVERIFY(close(gradient[0], 0));
      QVERIFY2(close(gradient[1], 10.856381), qPrintable(QString::number(gradient[1])));
    }
  }

  /// Also where a maximum changes sides, on the logarithms' floor, and with factors.
  void closedFormIsWhatAutogradFinds() {
    const auto problem = loadData("two_valleys", {{"scale1", 0.1}, {"scale2", 3}});
    std::vector<std::pair<double, double>> points{{0, 0}, {3, 0}, {-7, 1e-9}, {-7, 0}, {7, -1e-9}};
    for (double x1 = -11; x1 <= 11; x1 += 1.1)
      for (double x2 = -11; x2 <= 11; x2 += 1.1) points.emplace_back(x1, x2);
    for (const auto& [x1, x2] : points) {
      const auto expected = measure(problem, x1, x2);
      const auto found = problem.objective->closedForm({x1, x2});
      for (size_t k = 0; k < 2; ++k) {
        QVERIFY(close(found.losses[k], expected.losses[k], 1e-12));
        for (size_t i = 0; i < 2; ++i)
          QVERIFY2(close(found.rows[k][i], expected.gradients[k][i],
                         1e-11 * std::max(1.0, std::abs(expected.gradients[k][i]))),
                   qPrintable(QString("%1 %2: %3 is not %4")
                                  .arg(x1)
                                  .arg(x2)
                                  .arg(found.rows[k][i])
                                  .arg(expected.gradients[k][i])));
      }
    }
  }

  void plainNumbersAreTheTensorsOwn() {
    const auto problem = loadData("two_valleys", {{"scale1", 0.1}, {"scale2", 3}});
    const TwoValleys plain({0.1, 3});
    for (double x1 = -11; x1 <= 11; x1 += 1.1)
      for (double x2 = -11; x2 <= 11; x2 += 1.1) {
        const auto exact = numbersOf(problem.objective->losses(at::tensor({x1, x2}, at::kDouble)));
        const auto losses = plain.losses(x1, x2);
        QVERIFY(close(losses[0], exact[0], 1e-9) && close(losses[1], exact[1], 1e-9));
        QVERIFY(close(plain.meanLoss(x1, x2), (losses[0] + losses[1]) / 2, 1e-12));
      }
  }

  void gradientsAreTheDifferences() {
    const auto problem = loadData("two_valleys");
    const TwoValleys plain;
    constexpr double kStep = 1e-6;
    for (double x1 = -10.3; x1 <= 11; x1 += 1.9)
      for (double x2 = -10.3; x2 <= 11; x2 += 1.9) {
        const auto measured = measure(problem, x1, x2);
        for (size_t k = 0; k < 2; ++k) {
          const double d1 =
              (plain.losses(x1 + kStep, x2)[k] - plain.losses(x1 - kStep, x2)[k]) / (2 * kStep);
          const double d2 =
              (plain.losses(x1, x2 + kStep)[k] - plain.losses(x1, x2 - kStep)[k]) / (2 * kStep);
          QVERIFY(close(measured.gradients[k][0], d1, 1e-5));
          QVERIFY(close(measured.gradients[k][1], d2, 1e-5));
        }
      }
  }

  void frontHasTheStatedPoints() {
    const auto front = TwoValleys().front(101);
    QCOMPARE(front.size(), size_t{101});
    QVERIFY(close(front[0].x[0], 7) && close(front[0].x[1], -8.434460));
    QVERIFY(close(front[0].losses[0], -19.989425));
    QVERIFY(close(front[100].x[0], -7) && close(front[100].x[1], -8.434460));
    QVERIFY(close(front[100].losses[1], -19.989425));
    QVERIFY(close(front[50].x[0], 0) && close(front[50].x[1], -8.355110));
    QVERIFY(close(front[50].losses[0], -15.091638) && close(front[50].losses[1], -15.091638));
  }

  /// On the front the two gradients are opposite, and nothing nearby is better in both losses.
  void frontIsPareto() {
    const TwoValleys valleys({0.3, 2});
    const auto problem = loadData("two_valleys", {{"scale1", 0.3}, {"scale2", 2}});
    const auto front = valleys.front(41);
    for (size_t i = 1; i < front.size(); ++i) {
      QVERIFY(front[i].losses[0] > front[i - 1].losses[0]);
      QVERIFY(front[i].losses[1] < front[i - 1].losses[1]);
      const auto& [x, losses] = front[i];
      if (i + 1 < front.size()) QVERIFY(measure(problem, x[0], x[1]).cosine() < -0.9999);
      for (double angle = 0; angle < 6.28; angle += 0.1) {
        const auto near =
            valleys.losses(x[0] + 0.05 * std::cos(angle), x[1] + 0.05 * std::sin(angle));
        QVERIFY(near[0] > losses[0] || near[1] > losses[1]);
      }
    }
  }

  void startsWhereItIsTold() {
    const auto problem = loadData("two_valleys", {{"start", "custom"}, {"x1", -8.5}, {"x2", -5}});
    QCOMPARE(problem.objective->start, (std::vector<double>{-8.5, -5}));
    QCOMPARE(problem.train.size(), std::int64_t{1});
    QCOMPARE(problem.tasks[0].kind, eq::TaskKind::objective);
    QCOMPARE(messageOf([] {
               loadData("two_valleys", {{"scale1", 0}});
             }),
             QString("data.scale1: 0 is not above 0"));
  }
};

EQUIPOISE_TEST(TestTwoValleys)
#include "tst_two_valleys.moc"
