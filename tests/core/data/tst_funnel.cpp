#include "core/data/funnel.h"

#include "core/data/compared/shop_log.h"
#include "dataset_support.h"

#include <QTest>

#include <cmath>
#include <set>

#include "reader_support.h"
#include "tests/registry.h"

using eq::TaskKind;
using eq::data::Split;
using nlohmann::json;

namespace {

std::vector<double> field(const Split& split, const std::string& name, size_t task = 0) {
  return numbersOf(split.fields.at(task).at(name));
}

double meanOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Of counts with these chances, what was counted in standard deviations from what is expected.
double deviations(const std::vector<double>& happened, const std::vector<double>& chances) {
  double difference = 0, variance = 0;
  for (size_t i = 0; i < happened.size(); ++i) {
    difference += happened[i] - chances[i];
    variance += chances[i] * (1 - chances[i]);
  }
  return difference / std::sqrt(variance);
}

std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  for (size_t i = 0; i < a.size(); ++i) out.push_back(a[i] * b[i]);
  return out;
}

json allTasks() {
  return {{"clicks", {"a", "b"}}, {"purchases", {"c"}}, {"stages", {"d"}}};
}

}  // namespace

class TestFunnel : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void hasTheStatedTasks() {
    const auto problem = loadData("funnel", allTasks());
    QCOMPARE(problem.train.size(), std::int64_t{6000});
    QCOMPARE(problem.test.size(), std::int64_t{3000});
    QCOMPARE(problem.tasks.size(), size_t{4});
    QCOMPARE(problem.tasks[2].kind, TaskKind::binary);
    QCOMPARE(problem.tasks[3].kind, TaskKind::ordinal);
    const auto clicked = numbersOf(problem.train.targets[0]);
    const auto bought = numbersOf(problem.train.targets[2]);
    const auto stages = numbersOf(problem.train.targets[3]);
    QVERIFY(problem.train.targets[1].equal(problem.train.targets[0]));
    for (size_t i = 0; i < stages.size(); ++i) QCOMPARE(stages[i], clicked[i] + bought[i]);
    QVERIFY(meanOf(bought) > 0 && meanOf(bought) < 0.02);
  }

  void listsStandInTheOrderInWhichTheyWereShown() {
    const auto problem = loadData("funnel", {{"items", 7}, {"lists", 4}});
    const auto lists = field(problem.train, "group"), looks = field(problem.train, "look_chance");
    QCOMPARE(lists.size(), size_t{28});
    for (size_t i = 0; i < lists.size(); ++i) {
      QCOMPARE(lists[i], static_cast<double>(i / 7));
      const auto position = static_cast<double>(i % 7 + 1);
      QVERIFY(std::abs(looks[i] - 1 / std::sqrt(position)) < 1e-6);
    }
  }

  /// What was logged has the chances that stand beside it.
  void clicksAndPurchasesComeAsOftenAsStated() {
    auto settings = allTasks();
    settings["lists"] = 400;
    const auto train = loadData("funnel", settings).train;
    const auto click = field(train, "click_chance"), buy = field(train, "purchase_chance");
    const auto clicks = product(field(train, "look_chance"), click);
    const double ofClicks = deviations(numbersOf(train.targets[0]), clicks);
    const double ofPurchases = deviations(numbersOf(train.targets[2]), product(clicks, buy));
    QVERIFY2(std::abs(ofClicks) < 4, qPrintable(QString::number(ofClicks)));
    QVERIFY2(std::abs(ofPurchases) < 4, qPrintable(QString::number(ofPurchases)));
  }

  void ratesAreThoseAskedFor() {
    const auto train = loadData("funnel", {{"click_rate", 0.2}, {"purchase_rate", 0.4}}).train;
    const auto click = field(train, "click_chance"), buy = field(train, "purchase_chance");
    QVERIFY(std::abs(meanOf(click) - 0.2) < 1e-6);
    QVERIFY(std::abs(meanOf(product(click, buy)) / meanOf(click) - 0.4) < 1e-5);
    QVERIFY(std::abs(eq::data::offsetFor({0, 0}, {1, 3}, 0.5)) < 1e-12);
    const double offset = eq::data::offsetFor({1, -1}, {1, 0}, 0.5);
    QVERIFY(std::abs(offset + 1) < 1e-12);
  }

  void allItemsAreSeenWhereItIsJudged() {
    const auto problem = loadData("funnel");
    for (const double chance : field(problem.test, "look_chance")) QCOMPARE(chance, 1.0);
    for (const double weight : field(problem.test, "weight")) QCOMPARE(weight, 1.0);
    for (const double chance : field(problem.validation, "look_chance")) QCOMPARE(chance, 1.0);
    const auto logged = loadData("funnel", {{"validation", "logged"}});
    QVERIFY(meanOf(field(logged.validation, "look_chance")) < 0.3);
    QVERIFY(logged.test.targets[0].equal(problem.test.targets[0]));
  }

  void weightsUndoTheLooks() {
    auto settings = allTasks();
    settings["lists"] = 400;
    const auto train = loadData("funnel", settings).train;
    for (const size_t task : {0, 2}) {
      const auto happened = numbersOf(train.targets[task]);
      const auto weights = field(train, "weight", task), looks = field(train, "look_chance");
      for (size_t i = 0; i < weights.size(); ++i)
        QVERIFY(std::abs(weights[i] - (happened[i] > 0 ? 1 / looks[i] : 1)) < 1e-5);
    }
    // Weighted clicks are as many as there would be if all were looked at: 0.3 of 40,000 items,
    // with a standard deviation of 2.5 % as one click weighs up to 10.
    const auto weighted = product(numbersOf(train.targets[0]), field(train, "weight"));
    QVERIFY(std::abs(meanOf(weighted) / 0.3 - 1) < 0.1);
  }

  void propensityIsTheShareOfTheTreatment() {
    // Among items of a propensity about g, a share g is in lists of the treatment, every second.
    const auto train = loadData("funnel", {{"lists", 400}}).train;
    const auto lists = field(train, "group"), propensity = field(train, "propensity");
    double share = 0, expected = 0, count = 0;
    for (size_t i = 0; i < lists.size(); ++i) {
      if (propensity[i] < 0.7 || propensity[i] > 0.9) continue;
      share += std::fmod(lists[i], 2) == 0 ? 1 : 0;
      expected += propensity[i];
      ++count;
    }
    QVERIFY(count > 5000);
    QVERIFY(std::abs(share - expected) < 4 * std::sqrt(count) / 2);
  }

  void theBiasChangesNothingButLooks() {
    const auto none = loadData("funnel", {{"bias", 0}}), some = loadData("funnel");
    QVERIFY(none.train.inputs.equal(some.train.inputs));
    QVERIFY(none.test.targets[0].equal(some.test.targets[0]));
    // Whoever clicked without looking at all would have clicked with it.
    const auto all = numbersOf(none.train.targets[0]), seen = numbersOf(some.train.targets[0]);
    for (size_t i = 0; i < all.size(); ++i) QVERIFY(all[i] >= seen[i]);
  }

  void refusesNamesThatAreTakenAndHugeLogs() {
    QCOMPARE(messageOf([] {
               loadData("funnel", {{"clicks", {"a"}}, {"purchases", {"a"}}});
             }),
             QString("data.purchases: \"a\" is the name of another task already; give each its "
                     "own"));
    QVERIFY(messageOf([] {
              loadData("funnel", {{"clicks", json::array()}, {"purchases", json::array()}});
            }).startsWith("data.clicks: name at least one task"));
    QVERIFY(messageOf([] {
              loadData("funnel", {{"lists", 1000000}, {"items", 10000}});
            }).startsWith("data.lists: 1000000 lists of 10000 items are more than"));
  }
};

EQUIPOISE_TEST(TestFunnel)
#include "tst_funnel.moc"
