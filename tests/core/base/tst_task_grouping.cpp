#include <QtTest>

#include <cmath>
#include <vector>

#include "core/base/task_grouping.h"
#include "tests/registry.h"

using namespace eq;

namespace {

/// .5 within {0, 2} and {1, 3, 4}, -.3 across: relations.md, section 1.
std::vector<double> twoBlocks(std::size_t tasks = 5) {
  std::vector<double> affinity(tasks * tasks);
  const auto block = [](std::size_t task) { return task == 0 || task == 2; };
  for (std::size_t i = 0; i < tasks; ++i)
    for (std::size_t j = 0; j < tasks; ++j)
      affinity[i * tasks + j] = block(i) == block(j) ? 0.5 : -0.3;
  return affinity;
}

}  // namespace

class TestTaskGrouping : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theWorkedExampleOfTheSheet() {
    const auto found = groupTasks(twoBlocks(), 5, 2);
    QVERIFY(std::abs(found.score - 2.5) < 1e-12);
    QCOMPARE(found.groups, (std::vector<std::vector<std::size_t>>{{0, 2}, {1, 3, 4}}));
    QCOMPARE(found.serves, (std::vector<std::size_t>{0, 1, 0, 1, 1}));
    QVERIFY(!found.greedy);
  }

  void fewerGroupsArePreferredWhereTheyDoAsWell() {
    const auto found = groupTasks(std::vector<double>(9, 0.2), 3, 2);
    QCOMPARE(found.groups, (std::vector<std::vector<std::size_t>>{{0, 1, 2}}));
    QVERIFY(std::abs(found.score - 0.6) < 1e-12);
  }

  void whoIsHarmedByAllStandsAlone() {
    std::vector<double> affinity(9, 0.4);
    for (const std::size_t other : {0, 1}) affinity[other * 3 + 2] = -0.5;
    const auto found = groupTasks(affinity, 3, 2);
    QCOMPARE(found.groups, (std::vector<std::vector<std::size_t>>{{0, 1}, {2}}));
    QVERIFY(std::abs(found.score - 0.8) < 1e-12);
  }

  void manyTasksAreGroupedGreedilyAndThatIsSaid() {
    const auto found = groupTasks(twoBlocks(40), 40, 2);
    QVERIFY(found.greedy);
    QCOMPARE(found.groups.size(), std::size_t(2));
    QCOMPARE(found.groups[0], (std::vector<std::size_t>{0, 2}));
    QCOMPARE(found.groups[1].size(), std::size_t(38));
    QVERIFY(std::abs(found.score - 20) < 1e-9);
  }

  void oneTaskIsAGroup() {
    const auto found = groupTasks({0.3}, 1, 2);
    QCOMPARE(found.groups, (std::vector<std::vector<std::size_t>>{{0}}));
    QCOMPARE(found.score, 0.0);
  }
};

EQUIPOISE_TEST(TestTaskGrouping)
#include "tst_task_grouping.moc"
