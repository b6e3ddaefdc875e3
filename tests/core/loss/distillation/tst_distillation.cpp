#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const json kStudent{{2, -1, 0.5}};
const json kTeacher{{3, -2, 1}};

json input(const json& target = {0}) {
  return {{"prediction", kStudent}, {"teacher", kTeacher}, {"target", target}};
}

std::vector<long double> softened(const json& row, long double temperature) {
  std::vector<long double> p;
  long double sum = 0;
  for (const auto& z : row)
    sum += p.emplace_back(std::exp(static_cast<long double>(z.get<double>()) / temperature));
  for (auto& one : p) one /= sum;
  return p;
}

/// T² KL(teacher ‖ student) of one row.
long double divergence(const json& student, const json& teacher, long double temperature) {
  const auto s = softened(student, temperature), t = softened(teacher, temperature);
  long double sum = 0;
  for (size_t k = 0; k < s.size(); ++k) sum += t[k] * std::log(t[k] / s[k]);
  return temperature * temperature * sum;
}

long double entropy(const json& row, size_t target) {
  return -std::log(softened(row, 1)[target]);
}

bool near(double a, long double b, double tolerance) {
  return std::abs(a - static_cast<double>(b)) <= tolerance;
}

}  // namespace

class TestDistillation : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsWorkedNumbers_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<double>("expected");
    const auto add = [](const char* name, const char* id, const json& params, double expected) {
      QTest::newRow(name) << QString(id) << params << expected;
    };
    const json only{{"ce_weight", 0}, {"kd_weight", 1}};
    add("C01", "distillation", json::object(), 0.255161);
    add("C01 T = 4", "distillation", only, 0.256700);
    add("C01 T = 1", "distillation", {{"ce_weight", 0}, {"kd_weight", 1}, {"temperature", 1}},
        0.037417);
    add("C02", "decoupled_distillation", json::object(), 2.177220);
    add("C02 target class", "decoupled_distillation", {{"beta", 0}}, 0.136353);
    add("C02 other classes", "decoupled_distillation", {{"alpha", 0}, {"beta", 1}}, 0.255108);
    add("C03", "binary_kl", {{"normalized", false}}, 0.217830);
    add("C03 normalised", "binary_kl", json::object(), 0.278607);
  }
  void equalsWorkedNumbers() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(double, expected);
    const double value = evaluate(id.toStdString(), params, input()).value;
    QVERIFY2(near(value, expected, 6e-7), qPrintable(QString::number(value, 'g', 12)));
  }

  void featuresEqualTheSheet() {
    const json features{{"prediction", {{1, 0.2}, {0.1, 1}}}, {"teacher", {{0.9, 0.4}, {-0.2, 1}}}};
    QVERIFY(near(evaluate("dcd", json::object(), features).value, 0.210021, 6e-7));
    QVERIFY(near(evaluate("dcd", {{"alpha", 0}}, features).value, 0.159630, 6e-7));
  }

  void equalsTheFormulas() {
    RandomStream random(31);
    for (const int classes : {2, 3, 7}) {
      const json students = randomRows(random, 5, classes),
                 teachers = randomRows(random, 5, classes);
      const json targets = randomIndices(random, 5, classes);
      const json batch{{"prediction", students}, {"teacher", teachers}, {"target", targets}};
      const auto found = evaluate(
          "distillation", {{"temperature", 2.5}, {"ce_weight", 0.3}, {"kd_weight", 0.6}}, batch);
      const auto parts =
          evaluate("decoupled_distillation",
                   {{"temperature", 1.5}, {"alpha", 0.7}, {"beta", 2}, {"ce_weight", 0.4}}, batch);
      for (size_t i = 0; i < 5; ++i) {
        const auto y = targets[i].get<size_t>();
        const auto place = static_cast<std::int64_t>(i);
        const auto ce = entropy(students[i], y);
        QVERIFY(near(entry(found.perSample, place),
                     0.3L * ce + 0.6L * divergence(students[i], teachers[i], 2.5L), 1e-12));
        QVERIFY(near(entry(parts.perSample, place),
                     0.4L * ce + decoupled(students[i], teachers[i], y), 1e-12));
      }
    }
  }

  void twoHeadsAddUp() {
    RandomStream random(32);
    json batch{{"prediction", randomRows(random, 4, 3)},
               {"auxiliary", randomRows(random, 4, 3)},
               {"teacher", randomRows(random, 4, 3)},
               {"target", {0, 2, 1, 1}}};
    const auto found =
        evaluate("dhkd", {{"ce_weight", 0.5}, {"alpha", 3}, {"temperature", 4}}, batch);
    const auto ce = evaluate("cross_entropy", {}, batch);
    json second = batch;
    second["prediction"] = batch["auxiliary"];
    const auto kl = evaluate("binary_kl", {{"temperature", 4}}, second);
    QVERIFY(near(found.value, 0.5L * ce.value + 3 * kl.value, 1e-12));
  }

  void ignoredSamplesLeaveBothTerms() {
    RandomStream random(33);
    const json rows = randomRows(random, 3, 4), teachers = randomRows(random, 3, 4);
    const json all{{"prediction", rows}, {"teacher", teachers}, {"target", {1, -100, 2}}};
    const json few{{"prediction", {rows[0], rows[2]}},
                   {"teacher", {teachers[0], teachers[2]}},
                   {"target", {1, 2}}};
    for (const char* id : {"distillation", "decoupled_distillation"}) {
      const auto a = evaluate(id, json::object(), all), b = evaluate(id, json::object(), few);
      QVERIFY(near(a.value, b.value, 1e-12));
      QCOMPARE(entry(a.perSample, 1), 0.0);
    }
  }

  void gradientsAreDifferences() {
    RandomStream random(34);
    const json batch{{"prediction", randomRows(random, 3, 4)},
                     {"teacher", randomRows(random, 3, 4)},
                     {"auxiliary", randomRows(random, 3, 4)},
                     {"target", {0, 3, -100}}};
    for (const char* id : {"distillation", "decoupled_distillation", "binary_kl", "dhkd", "dcd"}) {
      const auto fault = gradientFault({id, json::object(), batch, {}, 1});
      QVERIFY2(fault.isEmpty(), qPrintable(QString("%1: %2").arg(id, fault)));
    }
  }

  void farLogitsStayFinite() {
    for (const char* id : {"distillation", "decoupled_distillation", "binary_kl"}) {
      auto batch = input();
      batch["prediction"] = {{1e4, -1e4, 0}};
      const auto found = evaluate(id, json::object(), batch);
      QVERIFY2(std::isfinite(found.value), id);
      QVERIFY2(found.gradient.isfinite().all().item<bool>(), id);
    }
  }

  void mistakesAreNamed() {
    json batch = input();
    batch.erase("teacher");
    QVERIFY(message("distillation", {}, batch).contains("distillation.teacher"));
    batch = input();
    batch["teacher"] = {{1, 2}};
    QVERIFY(message("binary_kl", {}, batch).contains("binary_kl.teacher"));
    batch = input();
    batch.erase("target");
    QVERIFY(message("distillation", {}, batch).contains("target"));
    QCOMPARE(message("distillation", {{"ce_weight", 0}}, batch), QString());
    QVERIFY(message("dhkd", {}, input()).contains("auxiliary"));
  }

 private:
  /// α TCKD + β NCKD with T = 1.5, α = 0.7, β = 2.
  static long double decoupled(const json& student, const json& teacher, size_t y) {
    const long double temperature = 1.5L;
    const auto s = softened(student, temperature), t = softened(teacher, temperature);
    const long double target =
        t[y] * std::log(t[y] / s[y]) + (1 - t[y]) * std::log((1 - t[y]) / (1 - s[y]));
    long double others = 0;
    for (size_t k = 0; k < s.size(); ++k)
      if (k != y) {
        const long double a = t[k] / (1 - t[y]), b = s[k] / (1 - s[y]);
        others += a * std::log(a / b);
      }
    return temperature * temperature * (0.7L * target + 2 * others);
  }
};

EQUIPOISE_TEST(TestDistillation)
#include "tst_distillation.moc"
