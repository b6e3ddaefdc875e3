#include "core/data/tokenised_series.h"

#include "dataset_support.h"

#include <QTest>

#include <cmath>

#include "reader_support.h"
#include "tests/registry.h"

using eq::TaskKind;
using nlohmann::json;

namespace {

/// The windows in °C again, [N, window] flat.
std::vector<double> degrees(const eq::data::Problem& problem, const eq::data::Split& split) {
  const auto& scale = problem.inputs.front();
  return numbersOf(split.inputs.to(at::kDouble) * scale.scale + scale.offset);
}

}  // namespace

class TestTokenisedSeries : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void binsHoldTheirValues() {
    const eq::data::SeriesBins bins{-4, 36, 20};
    QCOMPARE(bins.width(), 2.0);
    QCOMPARE(bins.centre(0), -3.0);
    QCOMPARE(bins.centre(19), 35.0);
    QCOMPARE(bins.binOf(-2.001), std::int64_t{0});
    QCOMPARE(bins.binOf(-2), std::int64_t{1});
    QCOMPARE(bins.binOf(-50), std::int64_t{0});
    QCOMPARE(bins.binOf(1e9), std::int64_t{19});
    for (std::int64_t bin = 0; bin < 20; ++bin) QCOMPARE(bins.binOf(bins.centre(bin)), bin);
  }

  /// Without weather only the two waves and the fronts are left, which fade by a tenth an hour.
  void isTheSumThatItsFormulaSays() {
    const auto series = eq::data::temperatures(2000, 0, 4);
    double before = 0;
    int fronts = 0;
    for (size_t t = 0; t < series.size(); ++t) {
      const double turn = 2 * M_PI * static_cast<double>(t);
      const double weather = series[t] - 16 - 6 * std::sin(turn / 24) - 4 * std::sin(turn / 240);
      const double fresh = weather - 0.9 * before;
      const bool front = std::abs(fresh + 5) < 1e-9;
      fronts += front;
      QVERIFY2(front || std::abs(fresh) < 1e-9, qPrintable(QString::number(fresh)));
      before = weather;
    }
    QVERIFY2(fronts >= 7 && fronts <= 36, qPrintable(QString::number(fronts)));  // 20 ± 3 σ
  }

  void hasTheStatedTasks() {
    const auto problem =
        loadData("tokenised_series", {{"tasks", {"a", "b"}}, {"numbers", {"c"}}, {"train", 50}});
    QCOMPARE(problem.inputShape, (std::vector<std::int64_t>{24}));
    QCOMPARE(problem.tasks.size(), size_t{3});
    QCOMPARE(problem.tasks[0].kind, TaskKind::ordinal);
    QCOMPARE(problem.tasks[0].classNames.front(), std::string("-7"));
    QCOMPARE(problem.tasks[0].unit, std::string("°C"));
    QCOMPARE(problem.tasks[2].kind, TaskKind::regression);
    QVERIFY(problem.train.targets[0].equal(problem.train.targets[1]));
    const eq::data::SeriesBins bins{-8, 40, 24};
    const auto tokens = numbersOf(problem.train.targets[0]);
    const auto numbers = numbersOf(problem.train.targets[2]);
    for (size_t i = 0; i < tokens.size(); ++i)
      QCOMPARE(static_cast<double>(bins.binOf(numbers[i])), tokens[i]);
  }

  void asksForTheValueThatComesAfterTheWindow() {
    const auto problem = loadData(
        "tokenised_series", {{"numbers", {"value"}}, {"window", 5}, {"horizon", 3}, {"train", 40}});
    const auto windows = degrees(problem, problem.train);
    const auto values = numbersOf(problem.train.targets[1]);
    // The window that begins horizon + window - 1 = 7 examples later begins with that value.
    for (size_t i = 0; i + 7 < values.size(); ++i)
      QVERIFY2(std::abs(windows[(i + 7) * 5] - values[i]) < 1e-4, qPrintable(QString::number(i)));
  }

  void noValueIsInTwoParts() {
    const auto problem =
        loadData("tokenised_series",
                 {{"numbers", {"value"}}, {"train", 60}, {"validation", 30}, {"test", 30}});
    std::set<std::int64_t> seen;
    for (const auto* split : {&problem.train, &problem.validation, &problem.test}) {
      std::set<std::int64_t> own;
      for (const double value : degrees(problem, *split)) own.insert(std::llround(value * 1e5));
      for (const double value : numbersOf(split->targets[1])) own.insert(std::llround(value * 1e5));
      for (const auto value : own) QVERIFY(!seen.contains(value));
      seen.merge(own);
    }
  }

  void standardisesByTheTrainingPart() {
    const auto problem = loadData("tokenised_series");
    const auto& train = problem.train.inputs;
    QVERIFY(std::abs(train.mean().item<double>()) < 0.05);
    QVERIFY(std::abs(train.std().item<double>() - 1) < 0.05);
    QCOMPARE(problem.inputs.back().name, std::string("0 hours ago"));
  }

  void saysWhatLiesBeyondTheBins() {
    QVERIFY(loadData("tokenised_series").warnings.empty());
    const auto narrow = loadData("tokenised_series", {{"lowest", 10}, {"highest", 20}});
    QCOMPARE(narrow.warnings.size(), size_t{1});
    QCOMPARE(narrow.warnings[0].place, std::string("data.bins"));
  }

  /// Losses and metrics of the sample are given the bins' centres by hand.
  void theSampleKnowsItsBins() {
    const auto sample =
        json::parse(std::ifstream(eq::test::inSource("samples/tokenised-series.json")));
    const auto problem = loadData("tokenised_series");
    json centres = json::array();
    for (const auto& name : problem.tasks[0].classNames) centres.push_back(std::stod(name));
    int found = 0;
    for (const auto& task : sample["tasks"]) {
      json methods = task["metrics"];
      methods.push_back(task["loss"]);
      for (const auto& method : methods)
        for (const char* key : {"bins", "values"}) {
          if (!method.contains(key)) continue;
          QVERIFY(method[key] == centres);
          ++found;
        }
    }
    QCOMPARE(found, 14);  // four losses, and two metrics of five tasks
  }

  void refusesWhatDoesNotFit() {
    QCOMPARE(messageOf([] {
               loadData("tokenised_series", {{"lowest", 5}, {"highest", 5}});
             }),
             QString("data.highest: 5 is not above lowest, 5"));
    QCOMPARE(messageOf([] {
               loadData("tokenised_series", {{"tasks", {"a"}}, {"numbers", {"a"}}});
             }),
             QString("data.numbers: \"a\" is a name in data.tasks already; give each task its "
                     "own"));
    QVERIFY(messageOf([] {
              loadData("tokenised_series", {{"train", 1000000}, {"window", 10000}});
            }).startsWith("data.train: 1000000 examples of 10000 values take more than 4 GiB"));
  }
};

EQUIPOISE_TEST(TestTokenisedSeries)
#include "tst_tokenised_series.moc"
