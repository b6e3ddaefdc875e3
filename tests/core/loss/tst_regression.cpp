#include "tests/core/loss/loss_support.h"

using namespace eq::loss::test;
using eq::RandomStream;

namespace {

const json kPrediction{2.5, 0, 2, 8};
const json kTarget{3, -0.5, 2, 7};
const json kSheet{{"prediction", kPrediction}, {"target", kTarget}};
const char* const kIds[] = {"mse", "l1", "huber"};

double huber(double r, double delta) {
  return std::abs(r) <= delta ? r * r / 2 : delta * (std::abs(r) - delta / 2);
}

}  // namespace

class TestRegression : public QObject {
  Q_OBJECT

  static void addIds() {
    QTest::addColumn<QString>("id");
    for (const char* id : kIds) QTest::newRow(id) << QString(id);
  }

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    QCOMPARE(evaluate("mse", {}, kSheet).value, 0.375);
    QCOMPARE(evaluate("mse", {{"half", true}}, kSheet).value, 0.1875);
    QCOMPARE(evaluate("l1", {}, kSheet).value, 0.5);
    QCOMPARE(evaluate("huber", {}, kSheet).value, 0.1875);
    QCOMPARE(evaluate("huber", {{"delta", 0.5}}, kSheet).value, 0.15625);
    QCOMPARE(evaluate("given", {}, {{"prediction", kPrediction}}).value, 3.125);
  }

  void slopesAreTheSheets() {
    const auto slopes = [](const char* id, const json& params) {
      const auto gradient = evaluate(id, params, kSheet).gradient * 4;
      return std::vector<double>{entry(gradient, 0), entry(gradient, 1), entry(gradient, 2),
                                 entry(gradient, 3)};
    };
    using Slopes = std::vector<double>;
    QCOMPARE(slopes("mse", {}), (Slopes{-1, 1, 0, 2}));
    QCOMPARE(slopes("mse", {{"half", true}}), (Slopes{-0.5, 0.5, 0, 1}));
    QCOMPARE(slopes("l1", {}), (Slopes{-1, 1, 0, 1}));
    QCOMPARE(slopes("huber", {{"delta", 0.75}}), (Slopes{-0.5, 0.5, 0, 0.75}));
    // At |r| = δ both branches meet.
    QCOMPARE(slopes("huber", {{"delta", 0.5}}), (Slopes{-0.5, 0.5, 0, 0.5}));
  }

  void equalsTheFormulas() {
    RandomStream random(21);
    const json prediction = randomNumbers(random, 50, 3), target = randomNumbers(random, 50, 3);
    const auto compare = [&](const char* id, const json& params, const auto& reference) {
      const auto found =
          evaluate(id, params, {{"prediction", prediction}, {"target", target}}).perSample;
      for (size_t i = 0; i < 50; ++i) {
        const double r = prediction[i].get<double>() - target[i].get<double>();
        const double error = entry(found, static_cast<std::int64_t>(i)) - reference(r);
        QVERIFY2(std::abs(error) < 1e-13 * (1 + r * r), qPrintable(QString::number(error)));
      }
    };
    compare("mse", {}, [](double r) { return r * r; });
    compare("mse", {{"half", true}}, [](double r) { return r * r / 2; });
    compare("l1", {}, [](double r) { return std::abs(r); });
    for (const double delta : {1e-3, 0.5, 1.0, 2.5, 100.0})
      compare("huber", {{"delta", delta}}, [&](double r) { return huber(r, delta); });
  }

  void cases_data() {
    caseColumns();
    RandomStream random(22);
    const json column{{"prediction", randomNumbers(random, 5)},
                      {"target", randomNumbers(random, 5)}};
    const json table{{"prediction", randomRows(random, 3, 2)},
                     {"target", randomRows(random, 3, 2)}};
    json masked = table;
    masked["mask"] = {{1, 1}, {0, 1}, {0, 0}};
    json some = column;
    some["mask"] = {1, 0, 1, 1, 0};
    const json integers{{"prediction", {0.5, 2.25, -3}}, {"target", {1, -2, 3}}};
    for (const char* id : kIds) {
      addCase(id, {}, column, {1, 1, 1, 1, 1}, 5);
      addCase(id, {}, some, {1, 1, 1, 1, 1}, 3);
      addCase(id, {}, table, {2, 2, 2}, 6);
      addCase(id, {}, masked, {2, 1, 0}, 3);
      addCase(id, {}, integers, {1, 1, 1}, 3);
      addCase(id, {}, {{"prediction", {2.5}}, {"target", {-1.25}}}, {1}, 1);
    }
    addCase("mse", {{"half", true}}, masked, {2, 1, 0}, 3);
    addCase("huber", {{"delta", 0.4}}, column, {1, 1, 1, 1, 1}, 5);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    const auto fault = gradientFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void meanAndSumGoByPerSample_data() { cases_data(); }
  void meanAndSumGoByPerSample() {
    const auto fault = reductionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void singlePrecisionAgrees_data() { cases_data(); }
  void singlePrecisionAgrees() {
    const auto fault = singlePrecisionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void extremeNumbersStayFinite_data() { cases_data(); }
  void extremeNumbersStayFinite() {
    for (const double size : {1e4, 1e18, 1e-30}) {
      const auto fault = extremeFault(fetchCase(), size);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void maskedPlacesMayHoldAnything_data() { addIds(); }
  void maskedPlacesMayHoldAnything() {
    QFETCH(QString, id);
    const json some{{"prediction", {1, 2, 3}}, {"target", {0.5, 5, 1}}, {"mask", {1, 0, 1}}};
    const auto expected = evaluate(id.toStdString(), {}, some);
    for (const double anything : {std::nan(""), HUGE_VAL, 1e300}) {
      json other = some;
      other["target"][1] = anything;
      const auto found = evaluate(id.toStdString(), {}, other);
      QCOMPARE(found.value, expected.value);
      QCOMPARE(distance(found.perSample, expected.perSample), 0.0);
      QCOMPARE(distance(found.gradient, expected.gradient), 0.0);
      QCOMPARE(entry(found.gradient, 1), 0.0);
    }
  }

  void nothingValidIsZero_data() { addIds(); }
  void nothingValidIsZero() {
    QFETCH(QString, id);
    const json input{{"prediction", {1, 2}}, {"target", {5, 7}}, {"mask", {0, 0}}};
    for (const char* reduction : {"mean", "sum"}) {
      const auto found = evaluate(id.toStdString(), {{"reduction", reduction}}, input);
      QCOMPARE(found.value, 0.0);
      QCOMPARE(found.perSample.abs().max().item<double>(), 0.0);
      QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
    }
  }

  void givenIsTheMeanOfTheValid() {
    const auto all = evaluate("given", {}, {{"prediction", {1, 2, 6}}});
    QCOMPARE(all.value, 3.0);
    QCOMPARE(entry(all.perSample, 2), 6.0);
    QVERIFY(std::abs(entry(all.gradient, 0) - 1.0 / 3) < 1e-15);
    const auto some = evaluate("given", {}, {{"prediction", {1, 2, 6}}, {"mask", {1, 0, 1}}});
    QCOMPARE(some.value, 3.5);
    QCOMPARE(entry(some.perSample, 1), 0.0);
    QCOMPARE(entry(some.gradient, 1), 0.0);
    QCOMPARE(entry(some.gradient, 2), 0.5);
    const auto none = evaluate("given", {}, {{"prediction", {1, 2}}, {"mask", {0, 0}}});
    QCOMPARE(none.value, 0.0);
    QCOMPARE(none.gradient.abs().max().item<double>(), 0.0);
    QCOMPARE(message("given", {}, {{"prediction", {{1, 2}}}}),
             QString("given.prediction: expected [N], found [1, 2]"));
    QCOMPARE(message("given", {}, {{"prediction", {1, HUGE_VAL}}}),
             QString("given.prediction: must be finite, found inf"));
    QCOMPARE(message("given", {}, {{"prediction", {1, 2}}, {"mask", {1}}}),
             QString("given.mask: must have the shape of prediction [2], found [1]"));
  }

  void refuses_data() { addIds(); }
  void refuses() {
    QFETCH(QString, id);
    const auto refused = [&](const json& params, const json& input, const char* expected) {
      QCOMPARE(message(id.toStdString(), params, input), id + expected);
    };
    const json y{1, 2};
    refused({}, {{"prediction", {1, std::nan("")}}, {"target", y}},
            ".prediction: must be finite, found nan");
    refused({}, {{"prediction", y}, {"target", {1, -HUGE_VAL}}},
            ".target: must be finite, found -inf");
    refused({}, {{"prediction", y}, {"target", {1, std::nan("")}}, {"mask", {0, 1}}},
            ".target: must be finite, found nan");
    refused({}, {{"prediction", y}, {"target", {1}}},
            ".target: must have the shape of prediction [2], found [1]");
    refused({}, {{"prediction", y}}, ".target: is required and missing");
    refused({}, {{"prediction", 3}, {"target", 3}},
            ".prediction: expected [N] or [N, D], found []");
    refused({}, {{"prediction", y}, {"target", y}, {"mask", {1, 3}}},
            ".mask: must be 0 or 1, found 3");
    refused({{"reduction", "none"}}, {{"prediction", y}, {"target", y}},
            ".reduction: expected one of mean, sum, found \"none\"");
    const auto known = id == "mse"  ? "half, reduction"
                       : id == "l1" ? "reduction"
                                    : "delta, reduction";
    refused({{"deltas", 1}}, {{"prediction", y}, {"target", y}},
            qPrintable(QString(".deltas: unknown parameter; known: ") + known));
  }
  void refusesDelta() {
    QCOMPARE(message("huber", {{"delta", 0}}, kSheet), QString("huber.delta: 0 is not above 0"));
  }
};

QTEST_GUILESS_MAIN(TestRegression)
#include "tst_regression.moc"
