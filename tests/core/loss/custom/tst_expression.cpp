#include "tests/core/loss/loss_support.h"

#include <algorithm>
#include <functional>

#include "core/loss/curve.h"
#include "core/loss/custom/expression_parser.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const json kConstants{{"a", 0.5}, {"tau_2", -1.25}};

using Formula = std::function<double(double p, double t)>;

/// A formula of the language and the same in C++; smooth at the random numbers of the tests.
struct Row {
  const char* text;
  Formula formula;
};

double huber(double x, double d) {
  return std::abs(x) <= d ? x * x / 2 : d * (std::abs(x) - d / 2);
}
double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

const Row kCases[] = {
    {"square(p - t)", [](double p, double t) { return (p - t) * (p - t); }},
    {"smooth_l1(p - t) * (1 + a * t)",
     [](double p, double t) { return huber(p - t, 1) * (1 + 0.5 * t); }},
    {"smooth_l1(p - t, a) + huber(p, 2) + huber(p + t)",
     [](double p, double t) { return huber(p - t, 0.5) / 0.5 + huber(p, 2) + huber(p + t, 1); }},
    {"huber(p - t, 0.1 + abs(t))",
     [](double p, double t) { return huber(p - t, 0.1 + std::abs(t)); }},
    {"1 - 2 - p - -t", [](double p, double t) { return -1 - p + t; }},
    {"8 / 4 / 2 * p", [](double p, double) { return p; }},
    {"-p^2", [](double p, double) { return -p * p; }},
    {"(-p)^2", [](double p, double) { return p * p; }},
    {"2^3^2 * p", [](double p, double) { return 512 * p; }},
    {"p ** 2 + (1 + p^2)^-1.5 + 2^-2",
     [](double p, double) { return p * p + std::pow(1 + p * p, -1.5) + 0.25; }},
    {"(1 + abs(p))^t", [](double p, double t) { return std::pow(1 + std::abs(p), t); }},
    {"+p - --t * - 2.5e-1", [](double p, double t) { return p + 0.25 * t; }},
    {" .5\n*\t( p+1. )\r\n", [](double p, double) { return 0.5 * (p + 1); }},
    {"tau_2 * sign(t) * p",
     [](double p, double t) {
       return -1.25 * (t > 0 ? 1 : t < 0 ? -1 : 0) * p;
     }},
    {"sqrt(p^2 + 1) * exp(-t) + log(1 + p^2) + log1p(t^2)",
     [](double p, double t) {
       return std::sqrt(p * p + 1) * std::exp(-t) + std::log(1 + p * p) + std::log1p(t * t);
     }},
    {"sigmoid(p) * t + tanh(p) + softplus(p) + relu(p) + log_cosh(p - t)",
     [](double p, double t) {
       return sigmoid(p) * t + std::tanh(p) + std::log1p(std::exp(p)) + std::max(p, 0.0) +
              std::log(std::cosh(p - t));
     }},
    {"softplus(p) - t * p",
     [](double p, double t) {
       return -t * std::log(sigmoid(p)) - (1 - t) * std::log(1 - sigmoid(p));
     }},
    {"max(a * (t - p), (a - 1) * (t - p)) + min(p, t)",
     [](double p, double t) { return std::abs(t - p) / 2 + std::min(p, t); }},
    {"clamp(p, -1, 1) + clamp(p, t - 1, t + a)",
     [](double p, double t) { return std::clamp(p, -1.0, 1.0) + std::clamp(p, t - 1, t + 0.5); }},
    {"where(p > t, 2 * p, t - p)", [](double p, double t) { return p > t ? 2 * p : t - p; }},
    {"p * ((t < 0) + 2 * (t <= 1) + 4 * (t > 0) + 8 * (t >= 1) + 16 * (t == t) + 32 * (t != t))",
     [](double p, double t) {
       return p * ((t < 0) + 2 * (t <= 1) + 4 * (t > 0) + 8 * (t >= 1) + 16);
     }},
    {"t * p + 1 < 2 * a + p * 0",  // weaker than + and *; its slope is 0
     nullptr}};

json paramsOf(const char* text) {
  return {{"text", text}, {"constants", kConstants}};
}

QString refusal(const json& params) {
  return message("expression", params, {{"prediction", {0.5}}, {"target", {0.25}}});
}

QString refusalOf(const std::string& text) {
  return refusal({{"text", text}, {"constants", kConstants}});
}

std::string repeated(const std::string& piece, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += piece;
  return all;
}

void addCases() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<int>("index");
  for (int i = 0; i < static_cast<int>(std::size(kCases)); ++i)
    if (kCases[i].formula) QTest::newRow(kCases[i].text) << QString(kCases[i].text) << i;
}

eq::loss::Batch randomBatch(const json& mask = nullptr) {
  auto random = RandomStream(7);
  json input{{"prediction", randomRows(random, 5, 3)}, {"target", randomRows(random, 5, 3)}};
  if (!mask.is_null()) input["mask"] = mask;
  return batchOf("expression", input);
}

}  // namespace

class TestExpression : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equalsTheFormula_data() { addCases(); }
  void equalsTheFormula() {
    QFETCH(QString, text);
    QFETCH(int, index);
    const auto loss = make("expression", paramsOf(kCases[index].text));
    const auto batch = randomBatch();
    loss->check(batch);
    const auto found = evaluate(*loss, batch);
    double sum = 0;
    for (std::int64_t i = 0; i < batch.prediction.numel(); ++i)
      sum += kCases[index].formula(entry(batch.prediction, i), entry(batch.target, i));
    QVERIFY2(std::abs(found.value - sum / 15) < 1e-12 * (1 + std::abs(sum)), qPrintable(text));
    QVERIFY(std::abs(found.perSample.mean().item<double>() - found.value) <
            1e-12 * (1 + std::abs(sum)));
  }

  void hasTheSlopesOfTheFormula_data() { addCases(); }
  void hasTheSlopesOfTheFormula() {
    QFETCH(int, index);
    const auto loss = make("expression", paramsOf(kCases[index].text));
    const auto batch = randomBatch();
    const auto found = evaluate(*loss, batch);
    const double error = distance(found.gradient, differences(*loss, batch));
    QVERIFY2(error < 1e-7, qPrintable(QString::number(error)));
  }

  void keepsSinglePrecision_data() { addCases(); }
  void keepsSinglePrecision() {
    QFETCH(int, index);
    const auto loss = make("expression", paramsOf(kCases[index].text));
    const auto wide = randomBatch();
    const eq::loss::Batch narrow{wide.prediction.to(at::kFloat), wide.target.to(at::kFloat), {}};
    const auto a = evaluate(*loss, wide), b = evaluate(*loss, narrow);
    QCOMPARE(b.perSample.scalar_type(), at::kFloat);
    QVERIFY(std::abs(a.value - b.value) < 1e-5 * (1 + std::abs(a.value)));
  }

  void knowsEveryFunctionAboveHere() {
    for (const auto& function : eq::loss::expressionFunctions()) {
      const auto call = QString::fromStdString(function.name + "(");
      QVERIFY2(std::any_of(std::begin(kCases), std::end(kCases),
                           [&](const Row& c) { return QString(c.text).contains(call); }),
               qPrintable(call));
    }
  }

  void isTheLossThatItSpells_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("text");
    QTest::newRow("mse") << "mse"
                         << "(p - t)^2";
    QTest::newRow("l1") << "l1"
                        << "abs(p - t)";
    QTest::newRow("huber") << "huber"
                           << "huber(p - t)";
    QTest::newRow("smooth_l1") << "smooth_l1"
                               << "smooth_l1(p - t)";
    QTest::newRow("log_cosh") << "log_cosh"
                              << "log_cosh(p - t)";
    QTest::newRow("poisson_nll") << "poisson_nll"
                                 << "exp(p) - t * p";
    QTest::newRow("binary_cross_entropy") << "binary_cross_entropy"
                                          << "softplus(p) - t * p";
  }
  void isTheLossThatItSpells() {
    QFETCH(QString, id);
    QFETCH(QString, text);
    // Corners and the border of a square, an agreeing pair, and sizes at which a softplus that is
    // linear beyond 20 shows.
    const json input{{"prediction", {{0.25, -1}, {1, 2.5}, {-25, 21}}},
                     {"target", {{0.25, 0}, {0, 1}, {1, 0}}},
                     {"mask", {{1, 1}, {1, 0}, {1, 1}}}};
    for (const char* reduction : {"mean", "sum"}) {
      const auto expected = evaluate(id.toStdString(), {{"reduction", reduction}}, input);
      const auto found =
          evaluate("expression", {{"text", text.toStdString()}, {"reduction", reduction}}, input);
      QVERIFY(std::abs(found.value - expected.value) < 1e-12 * (1 + expected.value));
      QVERIFY(distance(found.perSample, expected.perSample) < 1e-12 * (1 + expected.value));
      QVERIFY(distance(found.gradient, expected.gradient) < 1e-12 * (1 + expected.value));
    }
  }

  void masksBeforeItCalculates() {
    const auto loss = make("expression", {{"text", "log(p) * t"}});
    auto batch = batchOf("expression", {{"prediction", {{2, -1}, {-1, -1}}},
                                        {"target", {{1, 1}, {1, 1}}},
                                        {"mask", {{1, 0}, {0, 0}}}});
    loss->check(batch);
    auto found = evaluate(*loss, batch);
    QCOMPARE(found.value, std::log(2.0));
    QCOMPARE(entry(found.perSample, 0), std::log(2.0));
    QCOMPARE(entry(found.perSample, 1), 0.0);
    QCOMPARE(entry(found.gradient, 0), 0.5);
    for (int i = 1; i < 4; ++i) QCOMPARE(entry(found.gradient, i), 0.0);
    batch.fields["mask"] = at::zeros_like(batch.target);
    found = evaluate(*loss, batch);
    QCOMPARE(found.value, 0.0);
    QCOMPARE(found.gradient.abs().sum().item<double>(), 0.0);
  }

  /// The first step made every parameter NaN, or was left out for a reason that named no formula.
  void namesThePointOfASlopeThatIsNotFinite() {
    const auto batch = batchOf("expression", {{"prediction", {{2, 1}}}, {"target", {{1, 1}}}});
    const auto told = [&](const char* text) {
      try {
        make("expression", {{"text", text}})->check(batch);
      } catch (const eq::Error& error) {
        return QString::fromUtf8(error.what());
      }
      return QString();
    };
    QCOMPARE(told("sqrt(abs(p - t) + t - 1)"),
             QString("expression.text: its slope in p must be finite, found nan at p = 1, t = 1"));
    QVERIFY(told("where(p > 1, log(p - 1), 0) + 0 * sqrt(p - 1)").contains("at p = 1, t = 1"));
    QCOMPARE(told("abs(p - t)"), QString());
    QCOMPARE(told("p * t"), QString());
  }

  void canBeDrawn() {
    for (const char* axis : {"residual", "logit"}) {
      const auto curve = eq::loss::sampleCurve(
          {"expression", {{"text", "softplus(p) + t"}}, axis, -40, 40, 3, 3, 0, 0});
      QCOMPARE(curve.value[1], std::log(2.0));
      QCOMPARE(curve.slope[1], 0.5);
      QCOMPARE(curve.value[0], std::log1p(std::exp(-40.0)));
      QCOMPARE(curve.value[2], 40.0);
    }
  }

  void refuses_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    const auto add = [](const char* text, const char* expected) {
      QTest::newRow(text) << QString::fromUtf8(text)
                          << "expression.text: " + QString::fromUtf8(expected);
    };
    add("", "is empty; write a formula of p and t, such as square(p - t)");
    add(" \n\t ", "is empty; write a formula of p and t, such as square(p - t)");
    add("p +", "line 1, column 4: expected a number, a name or (, found the end");
    add("p\n + * t", "line 2, column 4: expected a number, a name or (, found *");
    add("p t", "line 1, column 3: expected an operator, found t");
    add("p 2", "line 1, column 3: expected an operator, found 2");
    add("p = 2", "line 1, column 3: expected an operator, found =");
    add("p)", "line 1, column 2: expected an operator, found )");
    add("p, t", "line 1, column 2: expected an operator, found ,");
    add("(p - t", "line 1, column 7: expected ) to the ( of line 1, column 1, found the end");
    add("2 *\n abs(p t)", "line 2, column 8: expected ) to the ( of line 2, column 5, found t");
    add("p - é", "line 1, column 5: expected a number, a name or (, found é");
    add("é", "line 1, column 1: expected a number, a name or (, found é");
    add("p - (t é)", "line 1, column 8: expected ) to the ( of line 1, column 5, found é");
    add("p \x01", "line 1, column 3: expected an operator, found the character of code 1");
    add("p + q",
        "line 1, column 5: there is no q; known are p (the prediction), t (the target) and the "
        "constants (a, tau_2)");
    add("p - nan",
        "line 1, column 5: there is no nan; known are p (the prediction), t (the target) and the "
        "constants (a, tau_2)");
    add("abs - p", "line 1, column 1: abs is a function; its arguments come in parentheses");
    add("sin(p)",
        "line 1, column 1: there is no function sin; known: abs sign square sqrt exp log log1p "
        "sigmoid tanh softplus relu log_cosh huber smooth_l1 min max clamp where");
    add("abs()", "line 1, column 1: abs takes 1 argument, found 0");
    add("p * min(p)", "line 1, column 5: min takes 2 arguments, found 1");
    add("huber(p, 1, 2)", "line 1, column 1: huber takes 1 or 2 arguments, found 3");
    add("abs(p,)", "line 1, column 7: expected a number, a name or (, found )");
    add("huber(p, 0)",
        "line 1, column 1: huber: the second argument, where the square ends, must be above 0, "
        "found 0");
    add("1 + smooth_l1(p, tau_2)",
        "line 1, column 5: smooth_l1: the second argument, where the square ends, must be above "
        "0, found -1.25");
    add("clamp(p, 1, -1)", "line 1, column 1: clamp: the lower limit 1 is above the upper one, -1");
    add("p < t < 1", "line 1, column 7: comparisons do not chain; use parentheses");
    add("p + 1e999", "line 1, column 5: the number 1e999 does not fit into a double");
    add("p + .", "line 1, column 5: expected a number, found .");
    add("1.5.2 * p", "line 1, column 4: expected an operator, found .");
    add("0x10 * p", "line 1, column 2: expected an operator, found x10");
    const char* flat =
        "line 1, column 1: the slope in p is 0 everywhere; p must stand outside of comparisons";
    for (const char* text : {"t", "1", "p > t", "where(p > 0, 1, t)", "sign(p)"}) add(text, flat);
    add(kCases[std::size(kCases) - 1].text, flat);
    add("sqrt(p - 2)", "must be finite, found nan at p = 0.5, t = 0.25");
    add("1 / (2 * t - p)", "must be finite, found inf at p = 0.5, t = 0.25");
  }
  void refuses() {
    QFETCH(QString, text);
    QFETCH(QString, expected);
    auto found = refusalOf(text.toStdString());
    QCOMPARE(found.replace("-nan", "nan"), expected);
  }

  void refusesWhatWouldExhaustIt() {
    for (const std::string piece : {"(", "-", "abs(", "p^", "where(p,"}) {
      const auto found = refusalOf(repeated(piece, 1000));
      QVERIFY2(found.startsWith("expression.text: line 1, column ") &&
                   found.endsWith(": nests more than 100 deep"),
               qPrintable(found));
    }
    QCOMPARE(refusalOf(repeated("p+", 6000)),
             QString("expression.text: must have at most 10000 characters, found 12000"));
    QCOMPARE(refusalOf(repeated("(", 90) + "p" + repeated(")", 90)), QString());
    // As long as it may be, and not deep.
    const auto loss = make("expression", {{"text", repeated("p+", 4999) + "p"}});
    const auto found =
        evaluate(*loss, batchOf("expression", {{"prediction", {1}}, {"target", {0}}}));
    QCOMPARE(found.value, 5000.0);
    QCOMPARE(entry(found.gradient, 0), 5000.0);
  }

  void refusesConstants() {
    const auto refused = [](const json& constants) {
      return refusal({{"text", "p"}, {"constants", constants}});
    };
    QCOMPARE(refused(json::object()), QString());
    QCOMPARE(refused({{"a", 1}, {"unused", -2e300}}), QString());
    QCOMPARE(refused({1, 2}),
             QString("expression.constants: expected an object of numbers by name, found [1,2]"));
    QCOMPARE(refused({{"a", "x"}}),
             QString("expression.constants.a: expected a number, found \"x\""));
    for (const char* name : {"p", "t", "abs", "2a", "a b", "", "é"})
      QCOMPARE(refused({{name, 1}}),
               QString("expression.constants: expected a name of letters, digits and _ that the "
                       "language does not have, found \"%1\"")
                   .arg(name));
    QCOMPARE(refusal({{"text", 3}}), QString("expression.text: expected a text, found 3"));
  }
};

EQUIPOISE_TEST(TestExpression)
#include "tst_expression.moc"
