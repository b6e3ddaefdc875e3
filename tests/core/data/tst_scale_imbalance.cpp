#include "dataset_support.h"

#include <ATen/ops/linalg_lstsq.h>

#include <QTest>

#include "reader_support.h"
#include "tests/registry.h"

using nlohmann::json;

namespace {

/// B + e_i of a task, from its targets: atanh(y / s) = (B + e_i) x.
at::Tensor mixing(const eq::data::Split& split, size_t task, double scale) {
  const auto x = split.inputs.to(at::kDouble);
  const auto before = (split.targets[task].to(at::kDouble) / scale).atanh();
  const auto valid = before.isfinite().all(1).nonzero().squeeze(1);
  return std::get<0>(at::linalg_lstsq(x.index_select(0, valid), before.index_select(0, valid)));
}

double deviation(const at::Tensor& values) {
  return values.std().item<double>();
}

}  // namespace

class TestScaleImbalance : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void hasTheStatedShapes() {
    const auto problem = loadData("scale_imbalance");
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{250}));
    QCOMPARE(problem.tasks.size(), size_t{10});
    QCOMPARE(problem.train.inputs.sizes(), (at::IntArrayRef{10000, 250}));
    for (const auto& target : problem.train.targets)
      QCOMPARE(target.sizes(), (at::IntArrayRef{10000, 100}));
    QVERIFY(std::abs(deviation(problem.train.inputs) - 1) < 0.01);
  }

  void targetsFillTheirScale() {
    const auto problem = loadData("scale_imbalance");
    const std::vector<double> scales{1, 1.7, 2.8, 4.6, 7.7, 13, 22, 36, 60, 100};
    for (size_t k = 0; k < scales.size(); ++k) {
      const auto largest = problem.train.targets[k].abs().max().item<float>();
      QCOMPARE(largest, static_cast<float>(scales[k]));
    }
  }

  /// With a single input tanh is not yet flat everywhere, so that B + e_i can be read back.
  void mixesAsTheDefinitionSays() {
    const json settings{{"scales", {2, 50}}, {"inputs", 1},     {"outputs", 10000},
                        {"train", 200},      {"validation", 1}, {"test", 1}};
    std::vector<double> shared, own, sums;
    const auto problem = loadData("scale_imbalance", settings, 3);
    const auto x = problem.train.inputs.to(at::kDouble);
    const auto row = x.abs().argmin().item<std::int64_t>();
    std::vector<at::Tensor> mixings;
    for (size_t k = 0; k < 2; ++k) {
      const double scale = k == 0 ? 2 : 50;
      const auto ratio = problem.train.targets[k][row].to(at::kDouble) / scale;
      mixings.push_back(ratio.atanh() / x[row]);
    }
    const auto good = mixings[0].isfinite() & mixings[1].isfinite();
    const double kept = good.to(at::kDouble).mean().item<double>();
    QVERIFY2(kept > 0.99, qPrintable(QString::number(kept)));
    const auto difference = (mixings[0] - mixings[1]).masked_select(good);
    QVERIFY2(std::abs(deviation(difference) - 3.5 * std::sqrt(2)) < 0.15,
             qPrintable(QString::number(deviation(difference))));
    const auto sum = mixings[0].masked_select(good);
    QVERIFY2(std::abs(deviation(sum) - std::hypot(10, 3.5)) < 0.3,
             qPrintable(QString::number(deviation(sum))));
  }

  void allExamplesShareOneMixing() {
    const json settings{{"scales", {1}}, {"inputs", 2}, {"outputs", 3}, {"train", 4000}};
    const auto problem = loadData("scale_imbalance", settings);
    const auto found = mixing(problem.train, 0, 1);
    const auto again = (problem.validation.inputs.to(at::kDouble).matmul(found)).tanh();
    QVERIFY((again - problem.validation.targets[0]).abs().max().item<double>() < 1e-2);
  }

  void refusesWhatDoesNotFit() {
    QCOMPARE(messageOf([] {
               loadData("scale_imbalance", {{"scales", json::array()}});
             }),
             QString("data.scales: expected at least one scale, found an empty list"));
    QCOMPARE(messageOf([] {
               loadData("scale_imbalance", {{"scales", {1, 0}}});
             }),
             QString("data.scales[1]: 0 is not above 0"));
    QVERIFY(
        messageOf([] {
          loadData("scale_imbalance", {{"train", 1000000}, {"outputs", 10000}});
        }).startsWith("data.train: 1004000 examples of 250 inputs and 100000 targets take more"));
  }
};

EQUIPOISE_TEST(TestScaleImbalance)
#include "tst_scale_imbalance.moc"
