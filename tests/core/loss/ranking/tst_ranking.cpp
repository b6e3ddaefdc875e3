#include "tests/core/loss/loss_support.h"
#include "tests/registry.h"

#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <map>

using namespace eq::loss::test;
using eq::RandomStream;
using Numbers = std::vector<double>;

namespace {

bool near(double found, double expected, double tolerance = 1e-13) {
  if (std::abs(found - expected) <= tolerance * (1 + std::abs(expected))) return true;
  qWarning("found %.12g, expected %.12g", found, expected);
  return false;
}

/// One query's items, in their order.
struct Query {
  Numbers score, relevance, bid;
};

std::vector<Query> queriesOf(const json& input) {
  std::map<int, Query> queries;
  for (size_t i = 0; i < input["prediction"].size(); ++i) {
    auto& query = queries[input.contains("group") ? input["group"][i].get<int>() : 0];
    query.score.push_back(input["prediction"][i]);
    query.relevance.push_back(input["target"][i]);
    query.bid.push_back(input.contains("bid") ? input["bid"][i].get<double>() : 1);
  }
  std::vector<Query> all;
  for (const auto& [id, query] : queries) all.push_back(query);
  return all;
}

/// Indices in descending order, of equals the lower first.
std::vector<size_t> descending(const Numbers& values) {
  std::vector<size_t> order(values.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] > values[b]; });
  return order;
}

/// Mean over pairs, then over the queries with one. \param term adds the pair's value to the list.
template <typename Term>
double overPairs(const json& input, const Term& term) {
  double sum = 0, count = 0;
  for (const auto& query : queriesOf(input)) {
    Numbers terms;
    for (size_t i = 0; i < query.score.size(); ++i)
      for (size_t j = 0; j < query.score.size(); ++j) term(query, i, j, terms);
    if (terms.empty()) continue;
    double all = 0;
    for (const double one : terms) all += one;
    sum += all / static_cast<double>(terms.size());
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

double ranknet(const json& input, double sigma, bool ties) {
  return overPairs(input, [=](const Query& q, size_t i, size_t j, Numbers& terms) {
    const double o = sigma * (q.score[i] - q.score[j]);
    if (q.relevance[i] > q.relevance[j]) terms.push_back(std::log1p(std::exp(-o)));
    if (ties && i < j && q.relevance[i] == q.relevance[j])
      terms.push_back(-0.5 * o + std::log1p(std::exp(o)));
  });
}

/// \param linear gains are the relevances, not 2^rel - 1.
double lambdarank(const json& input, double sigma, bool linear = false) {
  const auto gain = [=](double relevance) { return linear ? relevance : std::exp2(relevance) - 1; };
  return overPairs(input, [=](const Query& q, size_t i, size_t j, Numbers& terms) {
    if (q.relevance[i] <= q.relevance[j]) return;
    const auto order = descending(q.score), best = descending(q.relevance);
    Numbers discount(order.size());
    double ideal = 0;
    for (size_t k = 0; k < order.size(); ++k) {
      const double place = 1 / std::log2(2.0 + static_cast<double>(k));
      discount[order[k]] = place;
      ideal += gain(q.relevance[best[k]]) * place;
    }
    const double weight = std::abs(gain(q.relevance[i]) - gain(q.relevance[j])) *
                          std::abs(discount[i] - discount[j]) / ideal;
    terms.push_back(weight * std::log1p(std::exp(-sigma * (q.score[i] - q.score[j]))));
  });
}

double ctrWelfare(const json& input, bool hinge) {
  return overPairs(input, [=](const Query& q, size_t i, size_t j, Numbers& terms) {
    const double lost = q.bid[i] * q.relevance[i] - q.bid[j] * q.relevance[j];
    if (i >= j || lost == 0) return;
    const double x = (lost > 0 ? 1 : -1) * (q.bid[i] * q.score[i] - q.bid[j] * q.score[j]);
    terms.push_back(std::abs(lost) * (hinge ? std::max(1 - x, 0.0) : std::log1p(std::exp(-x))));
  });
}

double listnet(const json& input, double temperature) {
  const auto queries = queriesOf(input);
  double value = 0;
  for (const auto& q : queries) {
    double scores = 0, shares = 0;
    for (size_t i = 0; i < q.score.size(); ++i) {
      scores += std::exp(q.score[i]);
      shares += std::exp(q.relevance[i] / temperature);
    }
    for (size_t i = 0; i < q.score.size(); ++i)
      value -=
          std::exp(q.relevance[i] / temperature) / shares * std::log(std::exp(q.score[i]) / scores);
  }
  return value / static_cast<double>(queries.size());
}

double listmle(const json& input) {
  const auto queries = queriesOf(input);
  double value = 0;
  for (const auto& q : queries) {
    const auto order = descending(q.relevance);
    for (size_t k = 0; k < order.size(); ++k) {
      double rest = 0;
      for (size_t l = k; l < order.size(); ++l) rest += std::exp(q.score[order[l]]);
      value += std::log(rest) - q.score[order[k]];
    }
  }
  return value / static_cast<double>(queries.size());
}

const char* const kCoupled[] = {"ranknet", "lambdarank", "listnet", "listmle", "ctr_welfare"};

/// Queries of different lengths, mixed; with ties in score and relevance, a query of equals and one
/// of a single item.
json mixedQueries(RandomStream& random) {
  json input{{"prediction", randomNumbers(random, 14)}};
  input["target"] = {3, 0, 1, 2, 2, 1, 0, 0, 4, 1, 1, 2, 2, 1};
  input["group"] = {7, 7, -2, 7, 7, -2, 9, -2, 5, 5, 9, 9, -2, 9};
  for (const size_t i : {2, 5, 7}) input["prediction"][i] = 0.375;
  input["group"].push_back(11);
  input["group"].push_back(12);
  input["group"].push_back(12);
  for (const double value : {0.5, 1.0, -1.0}) input["prediction"].push_back(value);
  for (const int value : {3, 1, 1}) input["target"].push_back(value);
  for (size_t i = 0; i < 17; ++i) input["bid"].push_back(0.25 * static_cast<double>(1 + i % 5));
  return input;
}

}  // namespace

class TestRanking : public QObject {
  Q_OBJECT

  static void addIds() {
    QTest::addColumn<QString>("id");
    for (const char* id : kCoupled) QTest::newRow(id) << QString(id);
  }

 private Q_SLOTS:
  void equalsWorkedNumbers() {
    const auto worked = [](const char* id, const json& params, const json& input, double expected) {
      QVERIFY2(near(evaluate(id, params, input).value, expected, 6e-7), id);
    };
    worked("ranknet", {}, {{"prediction", {0.5, 0}}, {"target", {1, 0}}}, 0.474077);
    worked("margin_ranking", {{"margin", 0.5}},
           {{"prediction", {0.5}}, {"target", {1}}, {"pair", {0.2}}}, 0.2);
    worked("listnet", {}, {{"prediction", {2, 1, 0}}, {"target", {3, 2, 0}}}, 0.737340);
    worked("listmle", {}, {{"prediction", {1, 2, 0}}, {"target", {3, 2, 0}}}, 1.534534);
    const json auction{{"prediction", {0.1, 0.3}}, {"target", {0.2, 0.25}}, {"bid", {2, 1}}};
    worked("ctr_welfare", {}, auction, 0.111659);
    worked("ctr_welfare", {{"surrogate", "hinge"}}, auction, 0.165);
    // The sheet's weighted pair 0-1 is one of three: |ΔNDCG| of 0-2 and 1-2 from DCG by hand.
    const double ideal = 7 + 3 / std::log2(3);
    const auto sp = [](double x) { return std::log1p(std::exp(x)); };
    const double sum =
        0.218013 + 7 * (1 / std::log2(3) - 0.5) / ideal * sp(-1) + 3 * (1 - 0.5) / ideal * sp(-2);
    worked("lambdarank", {}, {{"prediction", {1, 2, 0}}, {"target", {3, 2, 0}}}, sum / 3);
  }

  void equalsTheFormulas() {
    RandomStream random(41);
    for (int trial = 0; trial < 5; ++trial)
      for (const bool groups : {true, false}) {
        auto input = mixedQueries(random);
        if (!groups) input.erase("group");
        for (const double s : {0.4, 1.0, 3.0}) {
          for (const bool ties : {false, true})
            QVERIFY(near(evaluate("ranknet", {{"sigma", s}, {"ties", ties}}, input).value,
                         ranknet(input, s, ties)));
          QVERIFY(near(evaluate("lambdarank", {{"sigma", s}}, input).value, lambdarank(input, s)));
          QVERIFY(near(evaluate("lambdarank", {{"sigma", s}, {"gain", "linear"}}, input).value,
                       lambdarank(input, s, true)));
          QVERIFY(near(evaluate("listnet", {{"target_temperature", s}}, input).value,
                       listnet(input, s)));
        }
        QVERIFY(near(evaluate("listmle", {}, input).value, listmle(input)));
        for (const bool hinge : {false, true})
          QVERIFY(near(
              evaluate("ctr_welfare", {{"surrogate", hinge ? "hinge" : "logistic"}}, input).value,
              ctrWelfare(input, hinge)));
      }
  }

  void lambdarankWeightsAreConstants() {
    // Two items: the gradient is that of one weighted pair, although swapping them changes ranks.
    const auto found =
        evaluate("lambdarank", {{"sigma", 2}}, {{"prediction", {0.25, 0.75}}, {"target", {2, 1}}});
    const double weight = 2 * (1 - 1 / std::log2(3)) / (3 + 1 / std::log2(3));
    const double slope = -2 * weight / (1 + std::exp(2 * -0.5));
    QVERIFY(near(entry(found.gradient, 0), slope));
    QVERIFY(near(entry(found.gradient, 1), -slope));
  }

  /// Relevances that are counts; ndcg was null from 1,024 on, without a word.
  void gainsOfLargeRelevancesAreDefinedOrRefused() {
    // The pair's share of the ideal stays.
    const double share = (1 - 1 / std::log2(3)) * std::log(2);
    const json largest{{"prediction", {0, 0}}, {"target", {1023, 0}}};
    QVERIFY(near(evaluate("lambdarank", {}, largest).value, share));
    const json counts{{"prediction", {0, 0}}, {"target", {2000, 0}}};
    QVERIFY(near(evaluate("lambdarank", {{"gain", "linear"}}, counts).value, share));
    QCOMPARE(message("lambdarank", {}, counts),
             QString("lambdarank.target: with the exponential gain 2^rel − 1 relevances must be at "
                     "most 1023, found 2000; for counts or amounts set the parameter \"gain\" to "
                     "\"linear\""));
  }

  void cases_data() {
    caseColumns();
    RandomStream random(42);
    const auto input = mixedQueries(random);
    json one = input;
    one.erase("group");
    for (const char* id : kCoupled) {
      addCase(id, {}, input, {}, 1);
      addCase(id, {}, one, {}, 1);
    }
    addCase("ranknet", {{"ties", true}, {"sigma", 2}}, input, {}, 1);
    addCase("lambdarank", {{"gain", "linear"}}, input, {}, 1);
    addCase("ctr_welfare", {{"surrogate", "hinge"}}, input, {}, 1);
    const json pairs{{"prediction", randomNumbers(random, 5)},
                     {"pair", randomNumbers(random, 5)},
                     {"target", {1, -1, 1, 1, -1}},
                     {"mask", {1, 1, 1, 0, 1}}};
    addCase("margin_ranking", {{"margin", 0.3}}, pairs, {1, 1, 1, 1, 1}, 4);
  }

  void gradientIsThatOfTheValue_data() { cases_data(); }
  void gradientIsThatOfTheValue() {
    auto c = fetchCase();
    // Ties of scores are a jump of LambdaRank's weights.
    if (c.id == "lambdarank")
      for (size_t i = 0; i < c.input["prediction"].size(); ++i)
        c.input["prediction"][i] = 0.37 * static_cast<double>((5 * i) % 17);
    const auto fault = gradientFault(c);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void singlePrecisionAgrees_data() { cases_data(); }
  void singlePrecisionAgrees() {
    const auto fault = singlePrecisionFault(fetchCase());
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void extremeNumbersStayFinite_data() { cases_data(); }
  void extremeNumbersStayFinite() {
    const auto fault = extremeFault(fetchCase(), 1e4);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
  }

  void hasNoValueForASample_data() { addIds(); }
  void hasNoValueForASample() {
    QFETCH(QString, id);
    RandomStream random(43);
    QVERIFY(!evaluate(id.toStdString(), {}, mixedQueries(random)).perSample.defined());
    QVERIFY(eq::loss::catalog().descriptor(id.toStdString()).traits["coupled"].get<bool>());
  }

  void withoutPairsItIsZero_data() { addIds(); }
  void withoutPairsItIsZero() {
    QFETCH(QString, id);
    // One item a query: no pair, and lists that cannot be wrong.
    const json input{{"prediction", {3, -1, 2}},
                     {"target", {1, 0, 2}},
                     {"bid", {1, 1, 1}},
                     {"group", {4, 2, 3}}};
    const auto found = evaluate(id.toStdString(), {}, input);
    QCOMPARE(found.value, 0.0);
    QCOMPARE(found.gradient.abs().max().item<double>(), 0.0);
  }

  void queriesDoNotSeeEachOther_data() { addIds(); }
  void queriesDoNotSeeEachOther() {
    QFETCH(QString, id);
    const json a{{"prediction", {1, 2, 0}}, {"target", {2, 1, 0}}, {"bid", {1, 2, 3}}};
    const json b{{"prediction", {0.5, -1}}, {"target", {0, 3}}, {"bid", {1.5, 2}}};
    json both = a;
    for (const char* field : {"prediction", "target", "bid"})
      for (const auto& value : b[field]) both[field].push_back(value);
    both["group"] = {0, 0, 0, 1, 1};
    const auto value = [&](const json& input) {
      return evaluate(id.toStdString(), {}, input).value;
    };
    QVERIFY(near(value(both), (value(a) + value(b)) / 2));
  }

  void thousandsOfItems_data() { addIds(); }
  void thousandsOfItems() {
    QFETCH(QString, id);
    eq::loss::Batch batch;
    batch.prediction = at::randn({2048}, at::kFloat);
    batch.target = at::randint(5, {2048}, at::kFloat);
    batch.fields["bid"] = at::randn({2048}, at::kFloat).abs();
    batch.fields["group"] = at::randint(200, {2048}, at::kLong);
    const auto found = evaluate(*make(id.toStdString(), {}), batch);
    QVERIFY(std::isfinite(found.value) && found.value > 0);
    QVERIFY(found.gradient.isfinite().all().item<bool>());
  }

  void marginRankingEqualsTheFormula() {
    RandomStream random(44);
    json input{{"prediction", randomNumbers(random, 8)}, {"pair", randomNumbers(random, 8)}};
    input["target"] = {1, -1, 1, 1, -1, -1, 1, 1};
    input["mask"] = {1, 1, 0, 1, 1, 1, 1, 0};
    input["pair"][2] = std::nan("");
    input["target"][7] = 0;
    const auto found = evaluate("margin_ranking", {{"margin", 0.8}}, input);
    double sum = 0;
    for (size_t i = 0; i < 8; ++i) {
      const auto k = static_cast<std::int64_t>(i);
      if (input["mask"][i] == 0) {
        QCOMPARE(entry(found.perSample, k), 0.0);
        QCOMPARE(entry(found.gradient, k), 0.0);
        continue;
      }
      const double t = input["target"][i],
                   gap = input["prediction"][i].get<double>() - input["pair"][i].get<double>();
      const double value = std::max(0.8 - t * gap, 0.0);
      QVERIFY(near(entry(found.perSample, k), value));
      QVERIFY(near(entry(found.gradient, k), value > 0 ? -t / 6 : 0));
      sum += value;
    }
    QVERIFY(near(found.value, sum / 6));
    QVERIFY(near(evaluate("margin_ranking", {{"margin", 0.8}, {"reduction", "sum"}}, input).value,
                 sum));
  }

  void refuses_data() { addIds(); }
  void refuses() {
    QFETCH(QString, id);
    const auto refused = [&](const json& params, const json& input, const char* expected) {
      QCOMPARE(message(id.toStdString(), params, input), id + expected);
    };
    const json y{1, 2}, bid{1, 1};
    refused({}, {{"prediction", {{1, 2}}}, {"target", {{1, 2}}}},
            ".prediction: expected [N], found [1, 2]");
    refused({}, {{"prediction", {1, HUGE_VAL}}, {"target", y}},
            ".prediction: must be finite, found inf");
    refused({}, {{"prediction", y}}, ".target: is required and missing");
    refused({}, {{"prediction", y}, {"target", {1, 2, 3}}},
            ".target: must have the shape of prediction [2], found [3]");
    refused({}, {{"prediction", y}, {"target", {1, std::nan("")}}},
            ".target: must be finite, found nan");
    refused({}, {{"prediction", y}, {"target", y}, {"bid", bid}, {"group", {1}}},
            ".group: must have the shape of prediction [2], found [1]");
    refused({}, {{"prediction", y}, {"target", y}, {"bid", bid}, {"group", {1, 1.5}}},
            ".group: must be integers, found 1.5");
    QVERIFY(message(id.toStdString(), {{"margin", 1}}, {{"prediction", y}, {"target", y}})
                .startsWith(id + ".margin: unknown parameter"));
  }

  /// In a run without pairs, each example is one with the next of the batch.
  void aRunPairsNeighbours() {
    const eq::TaskInfo task{"rank", eq::TaskKind::regression, 1, {}, {}, {}, {}};
    const auto loss = eq::loss::catalog().create("margin_ranking", {{"margin", 0.5}}, "loss");
    eq::loss::Batch batch;
    batch.prediction = at::tensor({1.0, 0.0, 3.0, 2.0}, at::kDouble);
    batch.target = at::tensor({5.0, 7.0, 7.0, 1.0}, at::kDouble);
    batch.task = &task;
    loss->check(batch);
    // 5 < 7 but 1 > 0; 7 = 7 does not count; 7 > 1 and 3 > 2; 1 < 5 but 2 > 1.
    QCOMPARE(loss->evaluate(batch, true).value.item<double>(), (1.5 + 0 + 1.5) / 3);
    batch.fields["mask"] = at::tensor({1.0, 1.0, 1.0, 0.0}, at::kDouble);
    QCOMPARE(loss->evaluate(batch, true).value.item<double>(), 1.5);
    batch.fields["pair"] = batch.prediction + 1;
    QVERIFY_THROWS_EXCEPTION(eq::Error, loss->check(batch));  // pairs that are given have signs
  }

  void refusesWhatOneLossDoesNotTake() {
    const json y{1, 2};
    QCOMPARE(message("ranknet", {{"sigma", 0}}, {}), QString("ranknet.sigma: 0 is not above 0"));
    QCOMPARE(message("listnet", {{"target_temperature", 0}}, {}),
             QString("listnet.target_temperature: 0 is not above 0"));
    QCOMPARE(message("lambdarank", {}, {{"prediction", y}, {"target", {1, -2}}}),
             QString("lambdarank.target: relevances must be at least 0, found -2"));
    QCOMPARE(message("ctr_welfare", {}, {{"prediction", y}, {"target", y}}),
             QString("ctr_welfare.bid: is required and missing"));
    QCOMPARE(message("ctr_welfare", {{"surrogate", "square"}}, {}),
             QString("ctr_welfare.surrogate: expected one of logistic, hinge, found \"square\""));
    QCOMPARE(message("margin_ranking", {}, {{"prediction", y}, {"target", {1, -1}}}),
             QString("margin_ranking.pair: is required and missing"));
    QCOMPARE(message("margin_ranking", {}, {{"prediction", y}, {"target", {1, 0}}, {"pair", y}}),
             QString("margin_ranking.target: must be -1 or 1, found 0"));
    QCOMPARE(message("margin_ranking", {{"margin", -1}}, {}),
             QString("margin_ranking.margin: -1 is below 0"));
  }
};

EQUIPOISE_TEST(TestRanking)
#include "tst_ranking.moc"
