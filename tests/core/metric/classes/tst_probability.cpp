#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

void addClasses(const json& input) {
  Row brier, likelihood;
  for (size_t i = 0; i < input["target"].size(); ++i) {
    if (input["target"][i] == -100) continue;
    if (input.contains("mask") && input["mask"][i] == 0) continue;
    const auto shares = softmax(input["prediction"][i].get<Row>());
    const auto target = input["target"][i].get<size_t>();
    double sum = 0;
    for (size_t c = 0; c < shares.size(); ++c)
      sum += std::pow(shares[c] - (c == target ? 1 : 0), 2);
    brier.push_back(sum);
    likelihood.push_back(-std::log(shares[target]));
  }
  addCase("brier", {}, input, expectation(mean(brier)));
  addCase("nll", {}, input, expectation(mean(likelihood)));
  addCase("perplexity", {}, input, expectation(std::exp(mean(likelihood))));
}

/// \param logits, targets the entries of `input` that count, flat.
void addBinary(const json& input, const Row& logits, const Row& targets) {
  Row brier, likelihood;
  for (size_t i = 0; i < logits.size(); ++i) {
    const double p = sigmoid(logits[i]);
    brier.push_back(std::pow(p - targets[i], 2));
    likelihood.push_back(-std::log(targets[i] == 1 ? p : 1 - p));
  }
  addCase("brier", {}, input, expectation(mean(brier)));
  addCase("nll", {}, input, expectation(mean(likelihood)));
  addCase("perplexity", {}, input, expectation(std::exp(mean(likelihood))));
}

void addRandom(eq::RandomStream& random, int count) {
  json input{{"prediction", randomRows(random, count, 5)},
             {"target", randomIndices(random, count, 5)}};
  addClasses(input);
  input["target"][0] = -100;
  input["mask"] = randomMask(random, count);
  addClasses(input);
  const json numbers = randomNumbers(random, count), outcomes = randomIndices(random, count, 2);
  addBinary({{"prediction", numbers}, {"target", outcomes}}, numbers.get<Row>(),
            outcomes.get<Row>());
  const json labels{{"prediction", {{1.5, -2}, {0.3, 4}}},
                    {"target", {{1, 0}, {0, 1}}},
                    {"mask", {{1, 0}, {1, 1}}}};
  addBinary(labels, {1.5, 0.3, 4}, {1, 0, 1});
}

}  // namespace

class TestProbability : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json sheet{{"prediction", {{2, .5, -1}}}, {"target", {0}}};
    addCase("nll", {}, sheet, 0.241311, 6e-7);
    addCase("brier", {}, sheet, 0.078225, 6e-7);
    eq::RandomStream random(10);
    for (const int count : {2, 60}) addRandom(random, count);
    addCase("nll", {}, {{"prediction", {{1e4, -1e4}}}, {"target", {1}}}, 2e4);
    addCase("nll", {}, {{"prediction", {1e4}}, {"target", {0}}}, 1e4);
    addCase("brier", {}, {{"prediction", {{1e4, -1e4}}}, {"target", {1}}}, 2.0);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() { QCOMPARE(batchesFault(fetchCase()), QString()); }

  void singlePrecision_data() { values_data(); }
  void singlePrecision() { QCOMPARE(singlePrecisionFault(fetchCase()), QString()); }

  void undefined() {
    const json ignored{{"prediction", {{1, 2}, {3, 4}}}, {"target", {-100, -100}}};
    for (const char* id : {"brier", "nll", "perplexity"}) {
      QVERIFY(valueOf(id, {}, ignored).is_null());
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
    }
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("brier", {}, {{"prediction", {{1, 2}}}, {"target", {{0, 0.5}}}},
               "brier.target: must be 0 or 1, found 0.5");
    addRefusal("nll", {}, {{"prediction", {{1, 2}}}, {"target", {-1}}},
               "nll.target: classes go from 0 to 1 (-100 = ignored), found -1");
    addRefusal("perplexity", {}, {{"target", {1}}},
               "perplexity.prediction: is required and missing");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestProbability)
#include "tst_probability.moc"
