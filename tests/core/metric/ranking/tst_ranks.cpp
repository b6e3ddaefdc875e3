#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

double spreadOf(const Row& values, double ddof) {
  double sum = 0;
  for (const double value : values) sum += std::pow(value - mean(values), 2);
  return sum / (static_cast<double>(values.size()) - ddof);
}

/// τ-b from all pairs of steps.
double kendall(const Row& scores) {
  double balance = 0, untied = 0, pairs = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    for (size_t j = i + 1; j < scores.size(); ++j) {
      ++pairs;
      balance += scores[j] > scores[i] ? 1 : scores[j] < scores[i] ? -1 : 0;
      untied += scores[j] != scores[i];
    }
  return untied > 0 ? balance / std::sqrt(pairs * untied) : std::nan("");
}

void addRandom(eq::RandomStream& random, int rows, int columns) {
  auto table = randomRows(random, rows, columns).get<Table>();
  for (auto& row : table)
    for (auto& value : row) value = std::round(2 * value);  // with ties
  Row variances, deviations, trends;
  for (const auto& row : table) {
    variances.push_back(spreadOf(row, 0));
    deviations.push_back(std::sqrt(spreadOf(row, 0)));
    if (!std::isnan(kendall(row))) trends.push_back(kendall(row));
  }
  const json input{{"prediction", table}};
  addCase("mean_rank_variance", {}, input, mean(variances));
  addCase("mean_rank_variance", {{"form", "std"}}, input, mean(deviations));
  addCase("monotonicity", {}, input, expectation(mean(trends)));
  addCase("monotonicity", {}, {{"prediction", table[0]}}, expectation(kendall(table[0])));
  const auto scores = randomNumbers(random, columns);
  addCase("seed_std", {}, {{"prediction", scores}}, std::sqrt(spreadOf(scores.get<Row>(), 1)));
}

}  // namespace

class TestRanks : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json ranks{{"prediction", {{1, 3, 2}, {5, 5, 5}, {2, 8, 2}}}};
    addCase("mean_rank_variance", {}, ranks, 2.888889, 6e-7);
    addCase("mean_rank_variance", {{"form", "std"}}, ranks, 1.214975, 6e-7);
    addCase("seed_std", {}, {{"prediction", {.71, .69, .72, .70}}}, 0.012910, 6e-7);
    addCase("monotonicity", {}, {{"prediction", {.30, .34, .33, .40, .41}}}, 0.8);
    addCase("monotonicity", {}, {{"prediction", {3, 2, 1}}}, -1.0);
    eq::RandomStream random(23);
    addRandom(random, 3, 2);
    addRandom(random, 8, 11);
    addRandom(random, 20, 60);
    // A seed whose scores do not vary is left out.
    addCase("monotonicity", {}, {{"prediction", {{1, 2, 3}, {2, 2, 2}}}}, 1.0);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() {
    const auto c = fetchCase();
    if (c.id == "monotonicity" && !c.input["prediction"][0].is_array())
      QSKIP("one seed is one batch");
    QCOMPARE(batchesFault(c), QString());
  }

  void undefined_data() {
    caseColumns();
    addCase("seed_std", {}, {{"prediction", {1}}}, nullptr);
    addCase("seed_std", {}, {{"prediction", {1, 1}}}, 0.0);
    addCase("monotonicity", {}, {{"prediction", {1}}}, nullptr);
    addCase("monotonicity", {}, {{"prediction", {{2, 2}, {3, 3}}}}, nullptr);
    addCase("mean_rank_variance", {}, {{"prediction", {{4}}}}, 0.0);
  }
  void undefined() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void nothingAddedIsNull() {
    for (const char* id : {"mean_rank_variance", "seed_std", "monotonicity"})
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("mean_rank_variance", {}, {{"prediction", {1, 2}}},
               "mean_rank_variance.prediction: expected ranks [N, K], found [2]");
    addRefusal("seed_std", {}, {{"prediction", {{1, 2}}}},
               "seed_std.prediction: expected [N], found [1, 2]");
    addRefusal("monotonicity", {}, {{"prediction", {{{1, 2}}}}},
               "monotonicity.prediction: expected scores [T] or [S, T], found [1, 1, 2]");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestRanks)
#include "tst_ranks.moc"
