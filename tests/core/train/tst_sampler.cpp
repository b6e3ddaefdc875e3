#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <QTest>

#include <algorithm>
#include <numeric>

#include "core/train/sampler.h"
#include "tests/registry.h"

using eq::train::Sampler;
using Indices = std::vector<std::int64_t>;

namespace {

Sampler make(std::int64_t examples, std::int64_t batchSize, std::uint64_t seed = 1) {
  return {examples, batchSize, seed, at::Device(at::kCPU)};
}

/// The indices of the epoch to come, batch after batch.
std::vector<Indices> epochOf(Sampler& sampler) {
  std::vector<Indices> batches;
  do {
    batches.push_back(sampler.hostIndices());
    sampler.advance();
  } while (!sampler.atEpochStart());
  return batches;
}

Indices flat(const std::vector<Indices>& batches) {
  Indices all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

}  // namespace

class TestSampler : public QObject {
  Q_OBJECT

  static void addSizes() {
    QTest::addColumn<int>("examples");
    QTest::addColumn<int>("batchSize");
    for (const auto& [examples, batchSize] :
         {std::pair(1, 1), {1, 64}, {10, 1}, {10, 3}, {10, 5}, {10, 10}, {10, 11}, {1000, 64}})
      QTest::addRow("%d by %d", examples, batchSize) << examples << batchSize;
  }

 private Q_SLOTS:
  void dealsEveryExampleOnceAnEpoch_data() { addSizes(); }
  void dealsEveryExampleOnceAnEpoch() {
    QFETCH(int, examples);
    QFETCH(int, batchSize);
    auto sampler = make(examples, batchSize);
    Indices sorted(static_cast<size_t>(examples));
    std::iota(sorted.begin(), sorted.end(), 0);
    for (int epoch = 0; epoch < 3; ++epoch) {
      QCOMPARE(sampler.epoch(), std::int64_t(epoch));
      QVERIFY(sampler.atEpochStart());
      const auto batches = epochOf(sampler);
      QCOMPARE(sampler.stepsPerEpoch(), std::ssize(batches));
      for (size_t i = 0; i + 1 < batches.size(); ++i) QCOMPARE(int(batches[i].size()), batchSize);
      auto left = examples % batchSize;
      if (left == 1 && batchSize > 1 && examples > batchSize) left = batchSize + 1;
      QCOMPARE(int(batches.back().size()), left == 0 ? std::min(batchSize, examples) : left);
      auto all = flat(batches);
      std::ranges::sort(all);
      QCOMPARE(all, sorted);
    }
  }

  /// Losses over pairs showed 0, 1 or 16 once an epoch.
  void noBatchIsASingleExampleUnlessTheBatchSizeIsOne() {
    for (const int batchSize : {2, 3, 16, 64})
      for (int examples = 2; examples < 200; ++examples) {
        auto sampler = make(examples, batchSize);
        const auto batches = epochOf(sampler);
        QCOMPARE(sampler.stepsPerEpoch(), std::ssize(batches));
        for (const auto& batch : batches) QVERIFY(batch.size() >= 2);
      }
  }

  /// Where an earlier version stopped before such a batch, it still comes.
  void continuesBeforeASingleExample() {
    auto sampler = make(10, 3);
    sampler.restore({{"epoch", 2}, {"position", 9}});
    QCOMPARE(sampler.batchSize(), std::int64_t{1});
    sampler.advance();
    QVERIFY(sampler.atEpochStart());
    QCOMPARE(sampler.epoch(), std::int64_t{3});
  }

  void deviceHoldsTheSameIndices_data() { addSizes(); }
  void deviceHoldsTheSameIndices() {
    QFETCH(int, examples);
    QFETCH(int, batchSize);
    auto sampler = make(examples, batchSize);
    for (int step = 0; step < 40; ++step) {
      const auto host = sampler.hostIndices();
      const auto device = sampler.indices();
      QCOMPARE(device.scalar_type(), at::kLong);
      QCOMPARE(device.numel(), sampler.batchSize());
      QCOMPARE(Indices(device.data_ptr<std::int64_t>(),
                       device.data_ptr<std::int64_t>() + device.numel()),
               host);
      QCOMPARE(sampler.hostIndices(), host);  // the same until `advance`
      sampler.advance();
    }
  }

  void indicesOutliveTheEpoch() {
    auto sampler = make(10, 10);
    const auto kept = sampler.indices();
    const auto host = sampler.hostIndices();
    sampler.advance();
    for (std::int64_t i = 0; i < 10; ++i)
      QCOMPARE(kept[i].item<std::int64_t>(), host[static_cast<size_t>(i)]);
  }

  void orderIsThatOfSeedAndEpoch() {
    auto a = make(50, 7, 3), b = make(50, 50, 3), c = make(50, 7, 4);
    const auto first = flat(epochOf(a));
    QCOMPARE(flat(epochOf(b)), first);  // whatever the batch size
    QVERIFY(flat(epochOf(c)) != first);
    const auto second = flat(epochOf(a));
    QVERIFY(second != first);
    QCOMPARE(flat(epochOf(b)), second);
  }

  void shufflesEvenly() {
    // How often each of 6 examples comes first in 3000 epochs: 500 ± 5 standard deviations.
    auto sampler = make(6, 6, 9);
    std::vector<int> counts(6);
    for (int epoch = 0; epoch < 3000; ++epoch) {
      ++counts[static_cast<size_t>(sampler.hostIndices()[0])];
      sampler.advance();
    }
    for (const int count : counts)
      QVERIFY2(std::abs(count - 500) < 103, qPrintable(QString::number(count)));
  }

  void goesOnFromItsState_data() { addSizes(); }
  void goesOnFromItsState() {
    QFETCH(int, examples);
    QFETCH(int, batchSize);
    for (const int steps : {0, 1, 2, 5, 31}) {
      auto whole = make(examples, batchSize, 5), rest = make(examples, batchSize, 5);
      for (int t = 0; t < steps; ++t) whole.advance();
      rest.restore(nlohmann::json::parse(whole.state().dump()));
      for (int t = 0; t < 20; ++t) {
        QCOMPARE(rest.hostIndices(), whole.hostIndices());
        QCOMPARE(rest.epoch(), whole.epoch());
        QCOMPARE(rest.atEpochStart(), whole.atEpochStart());
        whole.advance();
        rest.advance();
      }
    }
  }
};

EQUIPOISE_TEST(TestSampler)
#include "tst_sampler.moc"
