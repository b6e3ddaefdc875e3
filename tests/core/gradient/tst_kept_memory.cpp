#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <QTest>

#include <thread>
#include <vector>

#include "core/gradient/kept_memory.h"
#include "tests/registry.h"

using namespace eq::gradient;

namespace {

at::Tensor block(std::int64_t megabytes) {
  return at::empty({megabytes << 20}, at::TensorOptions().dtype(at::kByte));
}

}  // namespace

class TestKeptMemory : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    const auto before = block(3);  // of the time before: it is given back as it was
    keepLargeBlocks();
    keepLargeBlocks();
  }

  void aBlockThatWasGivenBackIsTakenAgain() {
    auto first = block(9);
    const void* const place = first.const_data_ptr();
    const auto kept = keptBytes();
    first = at::Tensor();
    QCOMPARE(keptBytes(), kept + (9u << 20));
    const auto again = block(9);
    QCOMPARE(again.const_data_ptr(), place);
    QCOMPARE(keptBytes(), kept);
  }

  /// And by a little smaller ones, but not by much smaller or larger ones.
  void fitsWhatIsAlmostAsLarge() {
    auto first = block(64);
    const void* const place = first.const_data_ptr();
    first = at::Tensor();
    QVERIFY(block(65).const_data_ptr() != place);
    QVERIFY(block(50).const_data_ptr() != place);
    QCOMPARE(block(60).const_data_ptr(), place);
  }

  void noTwoTensorsHaveTheSameBlock() {
    const auto a = at::full({1 << 20}, 1.f), b = at::full({1 << 20}, 2.f);
    auto c = at::full({1 << 20}, 3.f);
    c = at::Tensor();
    const auto d = at::full({1 << 20}, 4.f);
    for (const auto& [tensor, value] : {std::pair{a, 1.f}, {b, 2.f}, {d, 4.f}})
      QVERIFY((tensor == value).all().item<bool>());
  }

  void smallBlocksAreNotKept() {
    const auto kept = keptBytes();
    for (int i = 0; i < 100; ++i) at::full({1000}, 1.f);
    QCOMPARE(keptBytes(), kept);
  }

  /// Pages that nobody touched take no memory: 4 GB of them are quickly there.
  void keepsNoMoreThanTheLimit() {
    std::vector<at::Tensor> many;
    for (int i = 0; i < 40; ++i) many.push_back(block(100 + i));
    many.clear();
    QVERIFY(keptBytes() <= kMostKept);
    QVERIFY(keptBytes() > kMostKept / 2);
  }

  void whatWaitsGoesWhereMemoryEnds() {
    block(9);
    QVERIFY(keptBytes() > 0);
    QVERIFY_EXCEPTION_THROWN(block(std::int64_t{1} << 30), c10::Error);  // 10^15 bytes
    QCOMPARE(keptBytes(), std::size_t{0});
  }

  void threadsDoNotMeet() {
    std::vector<int> wrong(4);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([t, &wrong] {
        for (int i = 0; i < 40; ++i) {
          const auto own = at::full({(1 << 18) + i % 3 * 100000}, t + 1.f);
          std::this_thread::yield();
          wrong[static_cast<size_t>(t)] += !(own == t + 1.f).all().item<bool>();
        }
      });
    for (auto& thread : threads) thread.join();
    QCOMPARE(wrong, std::vector<int>(4));
  }
};

EQUIPOISE_TEST(TestKeptMemory)
#include "tst_kept_memory.moc"
