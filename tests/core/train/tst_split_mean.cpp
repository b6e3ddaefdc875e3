#include <ATen/TensorOperators.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include <QTest>

#include "core/loss/catalog.h"
#include "core/train/split_mean.h"
#include "tests/registry.h"

using eq::loss::Batch;
using eq::train::SplitMean;
using nlohmann::json;

namespace {

constexpr std::int64_t kExamples = 30;

at::Tensor wave(std::vector<std::int64_t> shape, double step) {
  std::int64_t numbers = 1;
  for (const auto size : shape) numbers *= size;
  return (at::linspace(0, static_cast<double>(numbers) * step, numbers, at::kDouble) * 7)
      .sin()
      .reshape(shape);
}

/// Numbers [N, 3] of which later examples miss more, and not all as many.
Batch numbers() {
  Batch batch{wave({kExamples, 3}, 0.37), wave({kExamples, 3}, 0.61), {}};
  auto mask = at::ones({kExamples, 3});
  mask.slice(0, 10, kExamples).select(1, 0).fill_(0);
  mask.slice(0, 20, kExamples).select(1, 1).fill_(0);
  mask.slice(0, 0, kExamples, 4).select(1, 2).fill_(0);
  mask.slice(0, 20, kExamples, 4).select(1, 1).fill_(1);
  batch.fields["mask"] = mask;
  return batch;
}

Batch classes() {
  Batch batch{
      wave({kExamples, 3}, 0.37) * 2, ((wave({kExamples}, 0.61) + 1) * 1.4).to(at::kLong), {}};
  batch.target.slice(0, 25, 28).fill_(-100);
  batch.fields["weight"] = wave({kExamples}, 0.23).abs() + 0.1;
  return batch;
}

Batch part(const Batch& batch, std::int64_t begin, std::int64_t end) {
  Batch some{batch.prediction.slice(0, begin, end), batch.target.slice(0, begin, end), {}};
  for (const auto& [name, field] : batch.fields) some.fields[name] = field.slice(0, begin, end);
  return some;
}

at::Tensor countedIn(const Batch& batch) {
  return batch.target.is_floating_point() ? batch.field("mask").sum(1) : batch.target != -100;
}

}  // namespace

/// The loss of a split depended on how it was cut: chunks were weighted by their examples, but a
/// loss divides by entries or weights.
class TestSplitMean : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void cutsDoNotMatter_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    QTest::newRow("entries") << "mse"
                             << "{}";
    QTest::newRow("examples") << "cross_entropy"
                              << "{}";
    QTest::newRow("classes by weight") << "cross_entropy"
                                       << R"({"class_weights": [1, 5, 0.2]})";
    QTest::newRow("examples by weight") << "importance_weighted"
                                        << "{}";
  }
  void cutsDoNotMatter() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    const auto loss =
        eq::loss::catalog().create(id.toStdString(), json::parse(params.toStdString()), "loss");
    const auto whole = id == "mse" ? numbers() : classes();
    loss->check(whole);
    const double expected = loss->evaluate(whole, true).value.item<double>();
    for (const auto& cuts : std::vector<std::vector<std::int64_t>>{{0, kExamples},
                                                                   {0, 7, kExamples},
                                                                   {0, 10, 11, 20, kExamples},
                                                                   {0, 25, 28, kExamples}}) {
      SplitMean mean;
      for (size_t i = 1; i < cuts.size(); ++i) {
        const auto chunk = part(whole, cuts[i - 1], cuts[i]);
        mean.add(loss->evaluate(chunk, true), countedIn(chunk));
      }
      QVERIFY2(std::abs(mean.value() - expected) < 1e-9 * (1 + std::abs(expected)),
               qPrintable(QString("%1 instead of %2").arg(mean.value()).arg(expected)));
    }
  }

  void lossesOverTheBatchAreAveragedByExamples() {
    const auto loss = eq::loss::catalog().create("ccc", json::object(), "loss");
    const Batch whole{wave({kExamples}, 0.37), wave({kExamples}, 0.61), {}};
    SplitMean mean;
    double sum = 0;
    for (const std::int64_t begin : {0, 10}) {
      const auto end = begin == 0 ? 10 : kExamples;
      const auto found = loss->evaluate(part(whole, begin, end), true);
      mean.add(found, at::ones({end - begin}));
      sum += found.value.item<double>() * static_cast<double>(end - begin);
    }
    QVERIFY(std::abs(mean.value() - sum / kExamples) < 1e-12);
  }

  void nothingThatCountsHasNoMean() {
    QVERIFY(std::isnan(SplitMean().value()));
    SplitMean mean;
    const auto loss = eq::loss::catalog().create("cross_entropy", json::object(), "loss");
    const auto chunk = part(classes(), 25, 28);
    for (int i = 0; i < 2; ++i) mean.add(loss->evaluate(chunk, true), countedIn(chunk));
    QVERIFY(std::isnan(mean.value()));
  }
};

EQUIPOISE_TEST(TestSplitMean)
#include "tst_split_mean.moc"
