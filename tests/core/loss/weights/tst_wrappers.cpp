#include "tests/core/loss/loss_support.h"

#include "core/loss/nesting.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;
using eq::loss::Batch;

namespace {

const json kGiven{{"id", "given"}};
const std::vector<double> kLosses{0.5, 1, 2, 4};

json given(json params = json::object()) {
  params["base"] = kGiven;
  return params;
}

Batch wrappedBatch(const std::string& id, const json& params, const json& input) {
  std::vector<std::string> fields;
  for (const auto& field : eq::loss::inputsOf(id, object(params))) fields.push_back(field.name);
  return eq::loss::batchFromJson(input, fields, id);
}

Result compute(const std::string& id, const json& params, const json& input) {
  const auto loss = make(id, params);
  const auto batch = wrappedBatch(id, params, input);
  loss->check(batch);
  return evaluate(*loss, batch);
}

QString refusal(const std::string& id, const json& params, const json& input) {
  try {
    compute(id, params, input);
  } catch (const eq::Error& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

bool near(double a, double b, double tolerance = 6e-7) {
  return std::abs(a - b) <= tolerance;
}

}  // namespace

class TestWrappers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void dynamicWeightsAreTheSheets() {
    const json input{{"prediction", kLosses}};
    const auto value = [&](const char* strategy, double temperature) {
      return compute("dynamic_reweight",
                     given({{"strategy", strategy}, {"temperature", temperature}}), input)
          .value;
    };
    QVERIFY(near(value("linear_upper", 1), 2.351885));
    QVERIFY(near(value("quadratic", 1), 1.820187));
    QVERIFY(near(value("extremes", 1), 1.920816));
    QVERIFY(near(value("linear_upper", 0.4), 2.876765));
    QVERIFY(near(value("quadratic", 0.4), 1.829057));
    QVERIFY(near(value("extremes", 0.4), 2.004012));
    // (h + δ)/2 by hand.
    double sum = 0, weighted = 0;
    for (const double loss : kLosses) {
      const double h = (2 * loss - 4.5) / 3.5;
      sum += std::exp((h + 1) / 2);
      weighted += std::exp((h + 1) / 2) * loss;
    }
    QVERIFY(near(value("upper", 1), weighted / sum, 1e-12));
  }

  void dynamicWeightsScaleWithDelta() {
    const json input{{"prediction", kLosses}};
    for (const char* strategy : {"linear_upper", "quadratic", "extremes", "upper"}) {
      const auto found =
          compute("dynamic_reweight", given({{"strategy", strategy}, {"delta", 0.3}}), input);
      double sum = 0, weighted = 0;
      for (const double loss : kLosses) {
        const double h = 0.3 * (2 * loss - 4.5) / 3.5;
        const std::string name = strategy;
        const double f = name == "linear_upper" ? std::min(h + 0.3, 0.3)
                         : name == "quadratic"  ? 1 - h * h / 0.09
                         : name == "extremes"   ? std::abs(h)
                                                : (h + 0.3) / 2;
        sum += std::exp(f);
        weighted += std::exp(f) * loss;
      }
      QVERIFY(near(found.value, weighted / sum, 1e-12));
      // The weights are constants of the gradient.
      for (std::int64_t i = 0; i < 4; ++i)
        QVERIFY(near(entry(found.gradient, i) * kLosses[static_cast<size_t>(i)],
                     entry(found.perSample, i), 1e-12));
    }
  }

  void equalLossesWeighEqually() {
    const auto found = compute("dynamic_reweight", given(), {{"prediction", {2.0, 2.0, 2.0}}});
    QVERIFY(near(found.value, 2, 1e-12));
    QVERIFY(near(entry(found.perSample, 1), 2.0 / 3, 1e-12));
  }

  void burnInIsUniform() {
    const auto loss = make("dynamic_reweight", given({{"burn_in", 10}}));
    auto batch = wrappedBatch("dynamic_reweight", given(), {{"prediction", kLosses}});
    batch.step = 9;
    QVERIFY(near(loss->evaluate(batch).value.item<double>(), 1.875, 1e-12));
    batch.step = 10;
    QVERIFY(near(loss->evaluate(batch).value.item<double>(), 2.351885));
  }

  void importanceWeightsAreTheSheets() {
    const json input{{"prediction", kLosses}, {"weight", {0.5, 1, 2, 0.5}}};
    const auto value = [&](const json& params, const json& in) {
      return compute("importance_weighted", given(params), in).value;
    };
    QVERIFY(near(value(json::object(), input), 1.8125));
    QVERIFY(near(value({{"self_normalized", false}}, input), 1.8125));
    QVERIFY(near(value({{"flatten", 0.5}}, input), 1.831146));
    // Scores give the same weights: c = w r / (1 + w r) with r = n_te/n_tr.
    json scores = json::array();
    for (const double w : {0.5, 1.0, 2.0, 0.5}) scores.push_back(w / 4 / (1 + w / 4));
    QVERIFY(near(value({{"train_test_ratio", 4}, {"self_normalized", false}},
                       {{"prediction", kLosses}, {"domain_score", scores}}),
                 1.8125, 1e-12));
    // Relative, then flattened, then cut and scaled to mean 1.
    std::vector<double> w{0.5, 1, 2, 0.5};
    double sum = 0, weighted = 0;
    for (auto& one : w) {
      one = std::pow(1 / (0.2 + 0.8 / one), 0.7);
      one = std::min(one, 1.1);
      sum += one;
    }
    for (size_t i = 0; i < 4; ++i) weighted += w[i] * 4 / sum * kLosses[i];
    QVERIFY(near(
        value({{"relative", 0.2}, {"flatten", 0.7}, {"w_max", 1.1}, {"self_normalized", false}},
              input),
        weighted / 4, 1e-12));
  }

  void propensitiesAreTheSheets() {
    const json input{{"prediction", {1.0}}, {"propensity", {0.3}}};
    QVERIFY(near(compute("propensity_weighted", given(), input).value, 0.6));
    QVERIFY(near(compute("propensity_weighted", given({{"arm", "control"}}), input).value, 1.4));
    QVERIFY(near(compute("propensity_weighted", given({{"share", 0.2}}), input).value, 1.5));
  }

  void inverseVariancesAreTheSheets() {
    const json input{{"prediction", {1.0, 1.0, 1.0}}, {"variance", {0.25, 1, 4}}};
    const auto found = compute("inverse_variance", given(), input);
    QVERIFY(near(entry(found.perSample, 0), 2.285714));
    QVERIFY(near(entry(found.perSample, 1), 0.571429));
    QVERIFY(near(entry(found.perSample, 2), 0.142857));
    // Cut at the 75th percentile of w = 4, 1, 1/4: 2.5.
    const auto cut = compute("inverse_variance", given({{"clip_percentile", 75}}), input);
    QVERIFY(near(entry(cut.perSample, 0), 2.5 * 3 / 3.75, 1e-12));
    // The floor: 1e-3 of the median variance, 1.
    const auto floored = compute("inverse_variance", given(),
                                 {{"prediction", {1.0, 1.0, 1.0}}, {"variance", {1e-9, 1, 4}}});
    QVERIFY(near(entry(floored.perSample, 0) / entry(floored.perSample, 1), 1000, 1e-9));
    // A masked sample changes neither median nor mean.
    const auto masked = compute("inverse_variance", given(),
                                {{"prediction", {1.0, 1.0, 9.0, 1.0}},
                                 {"variance", {0.25, 1, 1e9, 4}},
                                 {"mask", {1, 1, 0, 1}}});
    QVERIFY(near(masked.value, found.value, 1e-12));
    QCOMPARE(entry(masked.perSample, 2), 0.0);
  }

  void givenWeightsAreMeans() {
    const json input{{"prediction", {1.0, 2.0, 3.0}}, {"weight", {1, 0.7, 0.5}}};
    QVERIFY(near(compute("instruction_weighted", given(), input).value, 1.3));
    QVERIFY(near(compute("double_weighted", given(), input).value, 1.3));
    const auto clipped = compute("double_weighted", given({{"w_min", 0.8}}), input);
    QVERIFY(near(clipped.value, (1 + 0.8 * 2 + 0.8 * 3) / 2.6, 1e-12));
  }

  void classAwareWeightsAreTheSheets() {
    const json logits{{0.3, -0.2}, {1.0, 0.4}, {0.1, 0.2}};
    json input{{"prediction", logits}, {"target", {0, 1, -100}}};
    const json params{{"counts", {8, 2}}};
    const auto plain = compute("cross_entropy", json::object(), input);
    const auto found = compute("class_aware", params, input);
    QVERIFY(near(entry(found.perSample, 0), 1.25 * entry(plain.perSample, 0), 1e-12));
    QVERIFY(near(entry(found.perSample, 1), 2 * entry(plain.perSample, 1), 1e-12));
    QVERIFY(
        near(found.value, (entry(found.perSample, 0) + entry(found.perSample, 1)) / 3.25, 1e-12));
    input["confidence"] = {0.95, 0.85, 0.99};
    const auto sure = compute("class_aware", params, input);  // threshold 0.9
    QVERIFY(near(sure.value, 1.25 * entry(plain.perSample, 0) / 2, 1e-12));
    json later = params;
    later["task_index"] = 1;  // threshold 0.838770
    QVERIFY(near(compute("class_aware", later, input).value, found.value * 3.25 / 2, 1e-12));
  }

  void ignoredSamplesCountNowhere() {
    RandomStream random(5);
    const json rows = randomRows(random, 5, 3);
    const json params{{"base", {{"id", "focal"}, {"params", {{"gamma", 1.5}}}}}};
    json few = json::array(), targets = json::array();
    for (int i = 0; i < 4; ++i) {
      few.push_back(rows[static_cast<size_t>(i)]);
      targets.push_back(i % 3);
    }
    json all = targets;
    all.push_back(-100);
    const auto expected =
        compute("dynamic_reweight", params, {{"prediction", few}, {"target", targets}});
    const auto found = compute("dynamic_reweight", params, {{"prediction", rows}, {"target", all}});
    QVERIFY(near(found.value, expected.value, 1e-12));
    QCOMPARE(entry(found.perSample, 4), 0.0);
    const auto none = compute("dynamic_reweight", params,
                              {{"prediction", rows}, {"target", {-100, -100, -100, -100, -100}}});
    QCOMPARE(none.value, 0.0);
    QCOMPARE(none.gradient.abs().max().item<double>(), 0.0);
  }

  // Bug: around a loss a token, softmax ran down each column and quantiles along each row.
  void tokensAreWeightedLikeSamples() {
    RandomStream random(7);
    const json base{{"id", "ntl_mse"}, {"params", {{"values", {0, 1, 2, nullptr}}}}};
    const json input{{"prediction", {randomRows(random, 2, 4), randomRows(random, 2, 4)}},
                     {"target", {{0, -100}, {3, -100}}},
                     {"variance", {{0.25, 7}, {1, 7}}}};
    const auto alone = compute("ntl_mse", base["params"], input);
    const json two{{"prediction", {entry(alone.perSample, 0), entry(alone.perSample, 2)}},
                   {"variance", {0.25, 1}}};
    for (const char* id : {"dynamic_reweight", "inverse_variance"}) {
      const auto found = compute(id, {{"base", base}}, input);
      const auto flat = compute(id, given(), two);
      QVERIFY(near(found.value, flat.value, 1e-12));
      QVERIFY(near(entry(found.perSample, 2), entry(flat.perSample, 1), 1e-12));
      QCOMPARE(entry(found.perSample, 3), 0.0);
    }
  }

  void wrappersNest() {
    const json inner{{"id", "importance_weighted"},
                     {"params", {{"base", kGiven}, {"self_normalized", false}}}};
    const json input{{"prediction", kLosses}, {"weight", {0.5, 1, 2, 0.5}}};
    const auto found = compute("dynamic_reweight", {{"base", inner}}, input);
    const auto flat = compute("dynamic_reweight", given(), {{"prediction", {0.25, 1, 4, 2}}});
    QVERIFY(near(found.value, flat.value, 1e-12));
  }

  void sumsAreWeighted() {
    RandomStream random(6);
    const json input{{"prediction", randomRows(random, 4, 3)}, {"target", {0, 2, -100, 1}}};
    const json terms{{{"id", "cross_entropy"}, {"weight", 0.3}},
                     {{"id", "focal"}, {"weight", 2}, {"params", {{"gamma", 1}}}},
                     {{"id", "squentropy"}}};
    const auto found = compute("sum", {{"terms", terms}}, input);
    const auto a = compute("cross_entropy", {}, input);
    const auto b = compute("focal", {{"gamma", 1}}, input);
    const auto c = compute("squentropy", {}, input);
    QVERIFY(near(found.value, 0.3 * a.value + 2 * b.value + c.value, 1e-12));
    QVERIFY(distance(found.perSample, a.perSample * 0.3 + b.perSample * 2 + c.perSample) < 1e-12);
    QVERIFY(distance(found.gradient, a.gradient * 0.3 + b.gradient * 2 + c.gradient) < 1e-12);
    // A sum of losses with samples can be wrapped, one with a coupled term cannot.
    QCOMPARE(refusal("dynamic_reweight",
                     {{"base", {{"id", "sum"}, {"params", {{"terms", terms}}}}}}, input),
             QString());
    const json coupled{{{"id", "cross_entropy"}}, {{"id", "ccc"}}};
    QVERIFY(refusal("dynamic_reweight",
                    {{"base", {{"id", "sum"}, {"params", {{"terms", coupled}}}}}}, input)
                .contains("ccc is coupled over the batch"));
  }

  // Bug: a loss a row added to losses a token was spread over the tokens, or ended in LibTorch's
  // message.
  void sumsOfRowsAndTokensHaveNoSamples() {
    RandomStream random(8);
    const json tokens{{"id", "ntl_was"}, {"params", {{"values", {0, 1, 2}}}}};
    for (const int length : {2, 3}) {
      json rows = json::array(), targets = json::array();
      for (int i = 0; i < 2; ++i) {
        rows.push_back(randomRows(random, length, 3));
        targets.push_back(randomIndices(random, length, 3));
      }
      const json input{{"prediction", rows}, {"target", targets}};
      const auto found = compute("sum", {{"terms", {{{"id", "direct_coverage"}}, tokens}}}, input);
      const auto a = compute("direct_coverage", {}, input);
      const auto b = compute("ntl_was", tokens["params"], input);
      QVERIFY(near(found.value, a.value + b.value, 1e-12));
      QVERIFY(!found.perSample.defined());
    }
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<json>("input");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const char* id, const json& params, const json& input,
                        const char* expected) {
      QTest::newRow(name) << QString(id) << params << input << QString(expected);
    };
    const json losses{{"prediction", kLosses}};
    const auto with = [&](const char* field, const json& value) {
      json input = losses;
      input[field] = value;
      return input;
    };
    row("coupled base", "dynamic_reweight", {{"base", {{"id", "ccc"}}}}, losses,
        "dynamic_reweight.base: ccc is coupled over the batch");
    row("unknown base", "dynamic_reweight", {{"base", {{"id", "focl"}}}}, losses,
        "did you mean \"focal\"");
    row("base's parameter", "dynamic_reweight",
        {{"base", {{"id", "focal"}, {"params", {{"gamma", 12}}}}}}, losses,
        "dynamic_reweight.base.params.gamma");
    row("key of the base", "dynamic_reweight", {{"base", {{"id", "focal"}, {"gamma", 2}}}}, losses,
        "unknown key \"gamma\"; known: id, params");
    row("base without samples", "dynamic_reweight", {{"base", {{"id", "triplet"}}}},
        {{"prediction", {{1, 2}, {2, 1}}}, {"target", {0, 1}}},
        "dynamic_reweight.base: triplet has no value of its own for a sample with this input");
    row("no weight", "importance_weighted", given(), losses, "importance_weighted.weight");
    row("negative weight", "double_weighted", given(), with("weight", {1, -1, 1, 1}),
        "double_weighted.weight: must be >= 0, found -1");
    row("weight above 1", "instruction_weighted", given(), with("weight", {1, 2, 1, 1}),
        "instruction_weighted.weight");
    row("weights of another length", "double_weighted", given(), with("weight", {1, 1}), "[4]");
    row("score of 1", "importance_weighted", given(), with("domain_score", {0.5, 1, 0.5, 0.5}),
        "domain_score");
    row("variance of 0", "inverse_variance", given(), with("variance", {1, 0, 1, 1}),
        "inverse_variance.variance: must be > 0, found 0");
    row("propensity above 1", "propensity_weighted", given(), with("propensity", {0, 1, 1.5, 0}),
        "propensity");
    row("clip upside down", "double_weighted", given({{"w_min", 2}, {"w_max", 1}}),
        with("weight", {1, 1, 1, 1}), "w_min");
    row("counts missing", "class_aware", json::object(), losses, "counts");
    row("class_aware of numbers", "class_aware", {{"counts", {1, 1}}, {"base", {{"id", "mse"}}}},
        losses, "must take class indices");
    row("no terms", "sum", {{"terms", json::array()}}, losses, "at least one term");
    row("key of a term", "sum", {{"terms", {{{"id", "given"}, {"wight", 2}}}}}, losses,
        "sum.terms[0]: unknown key \"wight\"; known: id, params, weight");
    row("a term's weight", "sum", {{"terms", {{{"id", "given"}, {"weight", "x"}}}}}, losses,
        "sum.terms[0].weight");
  }
  void mistakesAreNamed() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(json, input);
    QFETCH(QString, expected);
    const auto found = refusal(id.toStdString(), params, input);
    QVERIFY2(found.contains(expected), qPrintable(found));
  }

  void runsKnowWhatFits() {
    using eq::TaskKind;
    const json mse{{"base", {{"id", "mse"}}}};
    QVERIFY(eq::loss::acceptsKind("dynamic_reweight", mse, TaskKind::regression));
    QVERIFY(!eq::loss::acceptsKind("dynamic_reweight", mse, TaskKind::classification));
    QVERIFY(eq::loss::acceptsKind("dynamic_reweight", json::object(), TaskKind::classification));
    QCOMPARE(eq::loss::whyNotInRuns("dynamic_reweight", mse), std::string());
    QVERIFY(!eq::loss::whyNotInRuns("inverse_variance", mse).empty());
  }
};

EQUIPOISE_TEST(TestWrappers)
#include "tst_wrappers.moc"
