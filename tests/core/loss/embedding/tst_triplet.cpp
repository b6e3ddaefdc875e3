#include "tests/core/loss/embedding_cases.h"
#include "tests/registry.h"

using namespace eq::loss::test;
using eq::RandomStream;

// Losses of the labels of a batch.

namespace {

struct Formula {
  const char* id;
  json params, input;
  bool anchors;  ///< has the vector of its anchors
  Reference reference;
};

using Labels = std::vector<int>;

double number(const json& params, const char* name, double fallback) {
  return object(params).value(name, fallback);
}

bool flag(const json& params, const char* name, bool fallback = false) {
  return object(params).value(name, fallback);
}

struct Anchor {
  Row positive, negative;  ///< of whatever is compared
};

/// What each anchor sees in the others of its label, and in those of other labels.
template <typename Compare>
std::vector<Anchor> anchorsOf(const Rows& x, const Labels& labels, const Compare& compare) {
  std::vector<Anchor> all(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < x.size(); ++j)
      if (i != j)
        (labels[i] == labels[j] ? all[i].positive : all[i].negative).push_back(compare(x[i], x[j]));
  return all;
}

struct TripletTerms {
  explicit TripletTerms(const json& params)
      : soft(flag(params, "soft")),
        squared(flag(params, "squared")),
        margin(number(params, "margin", 0.2)) {}

  double distance(const Row& a, const Row& b) const {
    return squared ? squaredDistance(a, b) : root(squaredDistance(a, b));
  }
  double term(double near, double far) const {
    return soft ? softplus(near - far) : std::max(near - far + margin, 0.0);
  }

  bool soft, squared;
  double margin;
};

Reference tripletOfFields(const json& params, const json& input) {
  return [=, of = TripletTerms(params)](const Rows& raw, const Rows&) {
    const auto x = prepared(raw, params);
    const auto positive = prepared(input["positive"].get<Rows>(), params);
    const auto negative = prepared(input["negative"].get<Rows>(), params);
    Row terms;
    for (size_t i = 0; i < x.size(); ++i)
      terms.push_back(of.term(of.distance(x[i], positive[i]), of.distance(x[i], negative[i])));
    return mean(terms);
  };
}

Reference tripletOfLabels(const json& params, const json& input) {
  return [=, of = TripletTerms(params)](const Rows& raw, const Rows&) {
    const bool all = object(params).value("mining", "batch_hard") == "batch_all";
    Row terms;
    for (const auto& [positive, negative] :
         anchorsOf(prepared(raw, params), input["target"].get<Labels>(),
                   [&](const Row&a, const Row&b) { return of.distance(a, b); })) {
      if (positive.empty() || negative.empty()) continue;
      if (!all)
        terms.push_back(of.term(*std::max_element(positive.begin(), positive.end()),
                                *std::min_element(negative.begin(), negative.end())));
      else
        for (const double near : positive)
          for (const double far : negative)
            if (const double term = of.term(near, far); term > 0) terms.push_back(term);
    }
    return mean(terms);
  };
}

Reference center(const json& params, const json& input) {
  return [=](const Rows& x, const Rows&) {
    const auto centers = input["centers"].get<Rows>();
    const auto labels = input["target"].get<Labels>();
    Row squares;
    for (size_t i = 0; i < x.size(); ++i)
      squares.push_back(squaredDistance(x[i], centers[static_cast<size_t>(labels[i])]));
    const bool ofMean = object(params).value("form", "half_sum") == "mean";
    return mean(squares) * (ofMean ? 1 : static_cast<double>(x.size()) / 2);
  };
}

Reference supcon(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const double tau = number(params, "temperature", 0.07);
    const double factor = tau / number(params, "base_temperature", 0.07);
    Row values;
    for (const auto& [positive, negative] :
         anchorsOf(prepared(raw, params), input["target"].get<Labels>(),
                   [&](const Row&a, const Row&b) { return dot(a, b) / tau; })) {
      Row others = positive;
      others.insert(others.end(), negative.begin(), negative.end());
      values.push_back(positive.empty() ? 0 : factor * (logSumExp(others) - mean(positive)));
    }
    return mean(values);
  };
}

Reference multiSimilarity(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows&) {
    const double alpha = number(params, "alpha", 2), beta = number(params, "beta", 40);
    const double base = number(params, "base", 0.5);
    const double margin = number(params, "mining_margin", 0.1);
    Row values;
    for (const auto& anchor :
         anchorsOf(prepared(raw, params), input["target"].get<Labels>(), dot)) {
      auto positive = anchor.positive, negative = anchor.negative;
      std::erase_if(positive, [](double s) { return s >= 1 - 1e-5; });
      if (flag(params, "mining", true)) {
        const auto allPositive = positive, allNegative = negative;
        std::erase_if(negative, [&](double s) {
          return allPositive.empty() ||
                 s + margin <= *std::min_element(allPositive.begin(), allPositive.end());
        });
        std::erase_if(positive, [&](double s) {
          return allNegative.empty() ||
                 s - margin >= *std::max_element(allNegative.begin(), allNegative.end());
        });
        if (positive.empty() || negative.empty()) {
          values.push_back(0);
          continue;
        }
      }
      double attracted = 1, repelled = 1;
      for (const double s : positive) attracted += std::exp(-alpha * (s - base));
      for (const double s : negative) repelled += std::exp(beta * (s - base));
      values.push_back(std::log(attracted) / alpha + std::log(repelled) / beta);
    }
    return mean(values);
  };
}

Reference circle(const json& params, const json& input) {
  return [=](const Rows& raw, const Rows& rawFixed) {
    const double m = number(params, "margin", 0.4), gamma = number(params, "gamma", 80);
    const auto labels = input["target"].get<Labels>();
    const auto anchors = anchorsOf(prepared(raw, params), labels, dot);
    const auto fixed = anchorsOf(prepared(rawFixed, params), labels, dot);
    Row values;
    for (size_t i = 0; i < anchors.size(); ++i) {
      const auto& [positive, negative] = anchors[i];
      if (positive.empty() || negative.empty()) continue;
      Row pull, push;
      for (size_t k = 0; k < positive.size(); ++k)
        pull.push_back(-gamma * std::max(1 + m - fixed[i].positive[k], 0.0) *
                       (positive[k] - (1 - m)));
      for (size_t k = 0; k < negative.size(); ++k)
        push.push_back(gamma * std::max(fixed[i].negative[k] + m, 0.0) * (negative[k] - m));
      values.push_back(softplus(logSumExp(pull) + logSumExp(push)));
    }
    return mean(values);
  };
}

std::vector<Formula> formulas() {
  RandomStream random(81);
  const json x = randomRows(random, 8, 3);
  // The last anchor has no positive.
  const json classes{{"prediction", x}, {"target", {0, 1, 0, 2, 1, 0, 2, 7}}};
  const json one{{"prediction", x}, {"target", {4, 4, 4, 4, 4, 4, 4, 4}}};
  json fields{{"prediction", x}}, centers = classes;
  fields["positive"] = randomRows(random, 8, 3);
  fields["negative"] = randomRows(random, 8, 3);
  centers["target"] = {0, 1, 0, 2, 1, 0, 2, 3};
  centers["centers"] = randomRows(random, 4, 3);
  std::vector<Formula> all;
  const auto add = [&](const char* id, const json& input, bool anchors, const auto& reference,
                       const std::vector<json>& variants) {
    for (const auto& params : variants)
      all.push_back({id, params, input, anchors, reference(params, input)});
  };
  add("triplet", fields, true, tripletOfFields,
      {json(),
       {{"margin", 1}},
       {{"soft", true}},
       {{"squared", true}, {"margin", 0.5}},
       {{"squared", true}, {"soft", true}, {"normalize", false}}});
  for (const char* mining : {"batch_hard", "batch_all"})
    add("triplet", classes, false, tripletOfLabels,
        {{{"mining", mining}},
         {{"mining", mining}, {"margin", 0.9}},
         {{"mining", mining}, {"soft", true}},
         {{"mining", mining}, {"soft", true}, {"squared", true}},
         {{"mining", mining}, {"squared", true}, {"margin", 0.6}},
         {{"mining", mining}, {"normalize", false}, {"margin", 0}}});
  add("center", centers, false, center, {json(), {{"form", "mean"}}});
  add("supcon", classes, true, supcon,
      {json(),
       {{"temperature", 0.3}},
       {{"temperature", 0.4}, {"base_temperature", 0.1}},
       {{"normalize", false}, {"temperature", 2}}});
  add("multi_similarity", classes, true, multiSimilarity,
      {json(),
       {{"alpha", 5}, {"beta", 12}, {"base", 0.2}, {"mining_margin", 0.4}},
       {{"mining", false}, {"beta", 7}},
       {{"mining", false}, {"normalize", false}, {"beta", 1}, {"alpha", 0.5}},
       {{"normalize", false}, {"mining_margin", 1}, {"beta", 2}}});
  add("circle", classes, false, circle,
      {{{"gamma", 8}},
       {{"gamma", 20}, {"margin", 0.25}},
       {{"gamma", 2}, {"margin", 0.9}, {"normalize", false}}});
  add("triplet", one, false, tripletOfLabels, {json(), {{"mining", "batch_all"}}});
  add("supcon", one, true, supcon, {{{"temperature", 0.5}}});
  add("multi_similarity", one, true, multiSimilarity, {json(), {{"mining", false}}});
  add("circle", one, false, circle, {json()});
  return all;
}

Case caseOf(const Formula& formula) {
  return {formula.id, formula.params, formula.input, {}, 1};
}

const char* const kIds[] = {"triplet", "supcon", "multi_similarity", "circle"};

}  // namespace

Q_DECLARE_METATYPE(Formula)

class TestTriplet : public QObject {
  Q_OBJECT

  static void addFormulas() {
    QTest::addColumn<Formula>("formula");
    int number = 0;
    for (const auto& formula : formulas()) {
      const auto name = QString("%1 %2 #%3")
                            .arg(formula.id, QString::fromStdString(object(formula.params).dump()))
                            .arg(number++);
      QTest::newRow(qPrintable(name)) << formula;
    }
  }

  static void compare(const char* id, const json& params, const json& input, double expected) {
    const double found = evaluate(id, params, input).value;
    QVERIFY2(std::abs(found - expected) < 6e-7,
             qPrintable(QString("%1: %2").arg(id).arg(found, 0, 'g', 10)));
  }

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    json fields{{"prediction", {{0, 0}}}, {"positive", {{1, 0}}}, {"negative", {{0, 1.2}}}};
    compare("triplet", {{"margin", 0.3}, {"normalize", false}}, fields, 0.1);
    compare("triplet", {{"soft", true}, {"normalize", false}}, fields, 0.598139);
    const json line{{"prediction", {{0}, {1}, {1.5}, {3}}}, {"target", {0, 0, 1, 1}}};
    compare("triplet", {{"normalize", false}}, line, 0.475);
    compare("triplet", {{"normalize", false}, {"soft", true}}, line, 0.808873);
    compare("triplet", {{"normalize", false}, {"mining", "batch_all"}}, line, 0.7);
    const json centers{{"prediction", {{1, 2}, {0, 1}, {2, 2}}},
                       {"target", {0, 1, 1}},
                       {"centers", {{0, 0}, {1, 1}}}};
    compare("center", {}, centers, 4);
    compare("center", {{"form", "mean"}}, centers, 8.0 / 3);
    compare("supcon", {{"temperature", 0.1}, {"base_temperature", 0.1}},
            {{"prediction", angles({0, 30, 100, 130})}, {"target", {0, 0, 1, 1}}}, 0.002674);
  }

  /// One anchor that sees given similarities: rows are not normalised.
  void equalsWorkedNumbersOfOneAnchor() {
    const json seen{{"prediction", {{1, 0}, {0.7, 9}, {0.4, -9}, {0.6, 5}, {0.1, 3}}},
                    {"target", {0, 0, 0, 1, 2}}};
    const json plain{{"normalize", false}, {"mining", false}};
    QVERIFY(std::abs(entry(evaluate("multi_similarity", plain, seen).perSample, 0) - 0.631380) <
            6e-7);
    json sharper = plain;
    sharper["beta"] = 50;
    QVERIFY(std::abs(entry(evaluate("multi_similarity", sharper, seen).perSample, 0) - 0.631061) <
            6e-7);
    // cos 0.7 and 0.4 on the circle; the second anchor sees its own angle to the third.
    const double a = std::acos(0.7), b = -std::acos(0.4);
    const json two{{"prediction", {{1, 0}, {std::cos(a), std::sin(a)}, {std::cos(b), std::sin(b)}}},
                   {"target", {0, 0, 1}}};
    const auto far = softplus(-80 * 0.7 * 0.1 +
                              80 * std::max(std::cos(a - b) + 0.4, 0.0) * (std::cos(a - b) - 0.4));
    const double found = evaluate("circle", {}, two).value;
    QVERIFY2(std::abs(found * 2 - far - 0.003691) < 6e-7,
             qPrintable(QString::number(found * 2 - far, 'g', 10)));
  }

  void circleIsLogTwoAtItsOptima() {
    const double a = std::acos(0.6), b = -std::acos(0.4);
    const json input{
        {"prediction", {{1, 0}, {std::cos(a), std::sin(a)}, {std::cos(b), std::sin(b)}}},
        {"target", {0, 0, 1}}};
    const double s = std::cos(a - b);
    const double other = softplus(80 * std::max(s + 0.4, 0.0) * (s - 0.4));
    QVERIFY(std::abs(evaluate("circle", {}, input).value * 2 - other - std::log(2.0)) < 1e-12);
  }

  void equalsTheFormulas_data() { addFormulas(); }
  void equalsTheFormulas() {
    QFETCH(Formula, formula);
    const auto fault = formulaFault(formula.id, formula.params, formula.input, formula.reference);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void anchorsAverageToTheValue_data() { addFormulas(); }
  void anchorsAverageToTheValue() {
    QFETCH(Formula, formula);
    if (std::string(formula.id) == "center") return;  // centersArePlain
    const auto fault = anchorsFault(formula.id, formula.params, formula.input, formula.anchors);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void singlePrecisionAgrees_data() { addFormulas(); }
  void singlePrecisionAgrees() {
    QFETCH(Formula, formula);
    const auto fault = singlePrecisionFault(caseOf(formula));
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void extremeNumbersStayFinite_data() { addFormulas(); }
  void extremeNumbersStayFinite() {
    QFETCH(Formula, formula);
    for (const double size : {1e4, 1e-30}) {
      const auto fault = extremeFault(caseOf(formula), size);
      QVERIFY2(fault.isEmpty(), qPrintable(fault));
    }
  }

  void degenerateEmbeddingsStayFinite_data() { addFormulas(); }
  void degenerateEmbeddingsStayFinite() {
    QFETCH(Formula, formula);
    const auto fault = degenerateFault(caseOf(formula));
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void collapseIsAPlateau() {
    const json equal{{"prediction", {{1, 2}, {1, 2}, {1, 2}, {1, 2}}}, {"target", {0, 0, 1, 1}}};
    for (const char* mining : {"batch_hard", "batch_all"}) {
      const auto hinge = evaluate("triplet", {{"mining", mining}, {"margin", 0.75}}, equal);
      QVERIFY(std::abs(hinge.value - 0.75) < 1e-12);
      QCOMPARE(hinge.gradient.abs().max().item<double>(), 0.0);
      const auto soft = evaluate("triplet", {{"mining", mining}, {"soft", true}}, equal);
      QVERIFY(std::abs(soft.value - std::log(2.0)) < 1e-12);
    }
  }

  void aTermThatIsJustZeroDoesNotCount() {
    // Squared distances 4 and 9 with margin 5: the term of anchor 0 is exactly 0.
    const json line{{"prediction", {{0}, {2}, {3}}}, {"target", {0, 0, 1}}};
    const json params{
        {"mining", "batch_all"}, {"squared", true}, {"normalize", false}, {"margin", 5}};
    QCOMPARE(evaluate("triplet", params, line).value, 8.0);
  }

  /// 1,200³ terms would not fit.
  void largeBatchesAgree_data() {
    QTest::addColumn<json>("params");
    QTest::newRow("hinge") << json{{"mining", "batch_all"}};
    QTest::newRow("soft") << json{{"mining", "batch_all"}, {"soft", true}};
    QTest::newRow("hard") << json{{"mining", "batch_hard"}, {"squared", true}};
  }
  void largeBatchesAgree() {
    QFETCH(json, params);
    RandomStream random(82);
    const json input{{"prediction", randomRows(random, 1200, 4)},
                     {"target", randomIndices(random, 1200, 200)}};
    const auto x = input["prediction"].get<Rows>();
    const auto found = evaluate("triplet", params, input);
    const auto reference = tripletOfLabels(params, input);
    QVERIFY(std::abs(found.value - reference(x, x)) < 1e-11);
    for (const size_t i : {0, 777}) {
      auto up = x, down = x;
      constexpr double kStep = 1e-5;
      up[i][1] += kStep;
      down[i][1] -= kStep;
      const double slope = (reference(up, x) - reference(down, x)) / (2 * kStep);
      const double error = entry(found.gradient, static_cast<std::int64_t>(4 * i + 1)) - slope;
      // A term that leaves the mean of the hinge on the way changes it by 1e-5 of the gap.
      QVERIFY2(std::abs(error) < 2e-7, qPrintable(QString::number(error)));
    }
  }

  void centersArePlain() {
    const json input{{"prediction", {{1, 2}, {0, 1}, {5, 5}, {2, 2}}},
                     {"target", {0, 1, -100, 1}},
                     {"centers", {{0, 0}, {1, 1}}}};
    const auto half = evaluate("center", {}, input);
    const auto mean = evaluate("center", {{"form", "mean"}}, input);
    QCOMPARE(half.value, 4.0);
    QCOMPARE(mean.value, 8.0 / 3);
    QCOMPARE(entry(half.perSample, 0), 2.5);
    QCOMPARE(entry(half.perSample, 2), 0.0);
    QCOMPARE(entry(mean.perSample, 0), 5.0);
    QCOMPARE(entry(half.gradient, 1), 2.0);
    QCOMPARE(entry(half.gradient, 4), 0.0);
    QCOMPARE(entry(mean.gradient, 1), 4.0 / 3);
  }

  void ignoredSamplesLeaveTheBatch_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    for (const char* id : kIds) QTest::newRow(id) << QString(id) << json();
    QTest::newRow("batch_all") << QString("triplet") << json{{"mining", "batch_all"}};
    QTest::newRow("soft") << QString("triplet") << json{{"mining", "batch_all"}, {"soft", true}};
    QTest::newRow("no mining") << QString("multi_similarity") << json{{"mining", false}};
  }
  void ignoredSamplesLeaveTheBatch() {
    QFETCH(QString, id);
    QFETCH(json, params);
    RandomStream random(83);
    const json input{{"prediction", randomRows(random, 8, 3)},
                     {"target", {0, -100, 1, 0, 1, -100, 1, 3}}};
    const auto fault = ignoredFault(id.toStdString(), params, input);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
    json none = input;
    for (auto& label : none["target"]) label = -100;
    const auto nothing = evaluate(id.toStdString(), params, none);
    QCOMPARE(nothing.value, 0.0);
    QCOMPARE(nothing.gradient.abs().max().item<double>(), 0.0);
    const json one{{"prediction", {{1, 2}}}, {"target", {3}}};
    const auto single = evaluate(id.toStdString(), params, one);
    QCOMPARE(single.value, 0.0);
    QCOMPARE(single.gradient.abs().max().item<double>(), 0.0);
  }

  void almostEqualPositivesAreDropped() {
    const json input{{"prediction", {{1, 0}, {1, 1e-4}, {0.6, 0.8}, {0, 1}}},
                     {"target", {0, 0, 0, 1}}};
    const auto reference = multiSimilarity({{"mining", false}}, input);
    const auto fault = formulaFault("multi_similarity", {{"mining", false}}, input, reference);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
    // Anchor 0 keeps sample 2 alone.
    const double value = std::log1p(std::exp(-2 * 0.1)) / 2 + std::log1p(std::exp(-20.0)) / 40;
    const auto found = evaluate("multi_similarity", {{"mining", false}}, input);
    QVERIFY(std::abs(entry(found.perSample, 0) - value) < 1e-12);
  }

  void refuses() {
    const json x{{1, 2}, {2, 1}};
    const auto refused = [](const char* id, const json& params, const json& input,
                            const char* expected) {
      QCOMPARE(message(id, params, input), QString(id) + expected);
    };
    for (const char* id : kIds) {
      refused(id, {}, {{"prediction", x}}, ".target: is required and missing");
      refused(id, {}, {{"prediction", x}, {"target", {1.5, 2}}},
              ".target: must be integers, found 1.5");
      refused(id, {}, {{"prediction", x}, {"target", {1, 2, 3}}},
              ".target: must have the shape of the samples [2], found [3]");
      refused(id, {}, {{"prediction", {1, 2}}, {"target", {1, 2}}},
              ".prediction: expected embeddings [N, D], found [2]");
      refused(id, {}, {{"prediction", {{1}, {-HUGE_VAL}}}, {"target", {1, 2}}},
              ".prediction: must be finite, found -inf");
    }
    refused("triplet", {}, {{"prediction", x}, {"positive", x}},
            ".negative: is required and missing");
    refused("triplet", {}, {{"prediction", x}, {"negative", x}, {"positive", {{1, 2}}}},
            ".positive: must have the shape of prediction [2, 2], found [1, 2]");
    refused("triplet", {{"margin", -0.1}}, {}, ".margin: -0.1 is below 0");
    refused("circle", {{"gamma", 0}}, {}, ".gamma: 0 is not above 0");
    refused("multi_similarity", {{"beta", 0}}, {}, ".beta: 0 is not above 0");
    refused("supcon", {{"base_temperature", 0}}, {}, ".base_temperature: 0 is not above 0");
    refused("center", {}, {{"prediction", x}, {"target", {0, 1}}},
            ".centers: is required and missing");
    refused("center", {}, {{"prediction", x}, {"target", {0, 1}}, {"centers", {{1, 2, 3}}}},
            ".centers: expected [C, D] with D = 2 of the prediction, found [1, 3]");
    refused("center", {}, {{"prediction", x}, {"target", {0, 2}}, {"centers", x}},
            ".target: classes go from 0 to 1 (-100 = ignored), found 2");
  }
};

EQUIPOISE_TEST(TestTriplet)
#include "tst_triplet.moc"
