#include "core/data/shifted.h"

#include "dataset_support.h"

#include <QTest>

#include <cmath>
#include <numbers>

#include "reader_support.h"
#include "tests/registry.h"

using eq::data::CovariateShift;
using nlohmann::json;

namespace {

double normalDensity(double x, double mean, double deviation) {
  const double away = (x - mean) / deviation;
  return std::exp(-away * away / 2) / (deviation * std::sqrt(2 * std::numbers::pi));
}

std::vector<double> fieldOf(const eq::data::Split& split, const char* name, size_t task = 0) {
  return numbersOf(split.fields.at(task).at(name));
}

double meanOf(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum / static_cast<double>(numbers.size());
}

double deviationOf(const std::vector<double>& numbers) {
  const double mean = meanOf(numbers);
  double squares = 0;
  for (const double number : numbers) squares += (number - mean) * (number - mean);
  return std::sqrt(squares / static_cast<double>(numbers.size()));
}

bool near(double found, double expected, double tolerance) {
  if (std::abs(found - expected) <= tolerance) return true;
  qWarning("found %.6g, expected %.6g ± %.3g", found, expected, tolerance);
  return false;
}

}  // namespace

class TestShifted : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theRatioIsThatOfTheDensities() {
    for (const auto& [mean, deviation] : {std::pair(1.5, 0.5), std::pair(-2.0, 1.0)})
      for (const double x : {-3.0, -0.4, 0.0, 1.1, 2.7}) {
        const double ratio = normalDensity(x, mean, deviation) / normalDensity(x, 0, 1);
        QVERIFY(near(CovariateShift({mean, deviation}).ratio(x) / ratio, 1, 1e-12));
      }
  }

  void inputsAreDistributedAsStated() {
    const auto problem =
        loadData("shifted", {{"train", 40000}, {"validation", 40000}, {"test", 40000}});
    const auto train = numbersOf(problem.train.inputs);
    QVERIFY(near(meanOf(train), 0, 0.03));  // six standard errors
    QVERIFY(near(deviationOf(train), 1, 0.025));
    for (const auto* split : {&problem.validation, &problem.test}) {
      QVERIFY(near(meanOf(numbersOf(split->inputs)), 1.5, 0.015));
      QVERIFY(near(deviationOf(numbersOf(split->inputs)), 0.5, 0.012));
    }
    QVERIFY(!problem.test.inputs.equal(problem.validation.inputs));
  }

  /// Weighted means over training inputs are means over the target's.
  void weightsLeadFromOneDistributionToTheOther() {
    const auto problem = loadData("shifted", {{"train", 200000}});
    const auto x = numbersOf(problem.train.inputs), w = fieldOf(problem.train, "weight");
    double sum = 0, first = 0, second = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      sum += w[i];
      first += w[i] * x[i];
      second += w[i] * x[i] * x[i];
    }
    const auto count = static_cast<double>(x.size());
    QVERIFY(near(sum / count, 1, 0.03));  // six standard errors: E[w²] is 5.5
    QVERIFY(near(first / sum, 1.5, 0.02));
    QVERIFY(near(second / sum, 1.5 * 1.5 + 0.25, 0.05));
    const double share = eq::data::effectiveSampleSize(w) / count;
    const double exact = CovariateShift{1.5, 0.5}.effectiveShare();
    QVERIFY(near(exact, 0.5 * std::sqrt(1.75) * std::exp(-2.25 / 1.75), 1e-12));
    QVERIFY(near(share, exact, 0.05 * exact));
  }

  void sayHowManyExamplesTheWeightsAreWorth() {
    QCOMPARE(eq::data::effectiveSampleSize({0.5, 1, 2, 0.5}), 16 / 5.5);
    QCOMPARE(eq::data::effectiveSampleSize({3, 3, 3}), 3.0);
    QCOMPARE(eq::data::effectiveSampleSize({0, 0}), 0.0);
    QCOMPARE((CovariateShift{0, 1}.effectiveShare()), 1.0);
    const auto problem = loadData("shifted", {{"shift", 0}, {"spread", 1}, {"train", 50}});
    QCOMPARE(problem.warnings.at(0).message,
             std::string("the weights make 50 training examples worth 50.0, (Σw)²/Σw²; the largest "
                         "is 1.0 times their mean"));
  }

  void cutsTheWeightsOfTheTasksThatAreNamed() {
    const auto problem = loadData(
        "shifted", {{"tasks", {"plain", "double"}}, {"capped", {"double"}}, {"cap", 1.25}});
    const auto whole = fieldOf(problem.train, "weight", 0),
               cut = fieldOf(problem.train, "weight", 1);
    int above = 0;
    for (size_t i = 0; i < whole.size(); ++i) {
      above += whole[i] > 1.25;
      QCOMPARE(cut[i], std::min(whole[i], 1.25));
    }
    QVERIFY(above > 20);
    QVERIFY(problem.train.targets[0].equal(problem.train.targets[1]));
    for (size_t k = 0; k < 2; ++k)
      for (const double weight : fieldOf(problem.validation, "weight", k)) QCOMPARE(weight, 1.0);
    QCOMPARE(messageOf([] {
               loadData("shifted", {{"tasks", {"a", "b"}}, {"capped", {"c"}}});
             }),
             QString("data.capped[0]: data.tasks has no \"c\"; it has a, b"));
  }

  /// Noise divided by its stated deviation is standard normal; validation and test have none.
  void everyValueHasTheVarianceThatIsStated() {
    const auto problem = loadData("shifted", {{"train", 20000}, {"noise", 0.2}});
    const auto curve = [](double x) { return std::sin(2.5 * x) + 0.3 * x; };
    const auto x = numbersOf(problem.train.inputs), y = numbersOf(problem.train.targets[0]);
    const auto variance = fieldOf(problem.train, "variance");
    std::vector<double> noise, logs;
    for (size_t i = 0; i < x.size(); ++i) {
      noise.push_back((y[i] - curve(x[i])) / std::sqrt(variance[i]));
      logs.push_back(std::log(variance[i]) / 2);
    }
    QVERIFY(near(meanOf(noise), 0, 0.045));
    QVERIFY(near(deviationOf(noise), 1, 0.03));
    QVERIFY(near(meanOf(logs), std::log(0.2), 0.045));
    QVERIFY(near(deviationOf(logs), 1, 0.03));
    const auto at = numbersOf(problem.test.inputs), right = numbersOf(problem.test.targets[0]);
    for (size_t i = 0; i < at.size(); ++i) QVERIFY(near(right[i], curve(at[i]), 1e-5));
  }

  void aStrongerShiftLeavesTheTrainingExamplesAsTheyAre() {
    const auto weak = loadData("shifted", {{"shift", 0.5}}), strong = loadData("shifted");
    QVERIFY(weak.train.inputs.equal(strong.train.inputs));
    QVERIFY(weak.train.targets[0].equal(strong.train.targets[0]));
    QVERIFY(eq::data::effectiveSampleSize(fieldOf(weak.train, "weight")) >
            1.5 * eq::data::effectiveSampleSize(fieldOf(strong.train, "weight")));
  }
};

EQUIPOISE_TEST(TestShifted)
#include "tst_shifted.moc"
