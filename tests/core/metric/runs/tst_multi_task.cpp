#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

void addRandom(eq::RandomStream& random, int methods, int metrics) {
  json input{{"prediction", randomRows(random, methods, metrics)},
             {"higher_is_better", randomIndices(random, metrics, 2)}};
  for (auto& row : input["prediction"])
    for (auto& value : row) value = std::round(value.get<double>());
  Row ranks(static_cast<size_t>(methods));
  for (size_t k = 0; k < static_cast<size_t>(metrics); ++k)
    for (size_t i = 0; i < ranks.size(); ++i) {
      double better = 0, equal = 0;
      for (size_t j = 0; j < ranks.size(); ++j) {
        const double mine = input["prediction"][i][k], other = input["prediction"][j][k];
        const bool higher = input["higher_is_better"][k] == 1;
        better += higher ? other > mine : other < mine;
        equal += other == mine;
      }
      ranks[i] += (better + (equal + 1) / 2) / metrics;
    }
  addCase("mean_rank", {}, input, ranks);

  json drop{{"prediction", randomNumbers(random, metrics)},
            {"baseline", randomNumbers(random, metrics)},
            {"higher_is_better", input["higher_is_better"]}};
  Row changes;
  for (size_t k = 0; k < static_cast<size_t>(metrics); ++k) {
    const double value = drop["prediction"][k], baseline = drop["baseline"][k];
    changes.push_back((drop["higher_is_better"][k] == 1 ? -100 : 100) * (value - baseline) /
                      baseline);
  }
  addCase("delta_m", {}, drop, mean(changes));
}

}  // namespace

class TestMultiTask : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    addCase("delta_m", {},
            {{"prediction", {.4, .6}}, {"baseline", {.38, .65}}, {"higher_is_better", {1, 0}}},
            -6.477733, 6e-7);
    addCase("mean_rank", {}, {{"prediction", {{.9, 3}, {.8, 2}}}, {"higher_is_better", {1, 0}}},
            {1.5, 1.5});
    addCase("mean_rank", {}, {{"prediction", {{7, 7}}}, {"higher_is_better", {1, 0}}}, {1.0});
    eq::RandomStream random(19);
    addRandom(random, 2, 3);
    addRandom(random, 9, 4);
    addRandom(random, 30, 7);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void batches_data() { values_data(); }
  void batches() {
    const auto c = fetchCase();
    if (c.id == "mean_rank" && c.input["prediction"].size() == c.input["higher_is_better"].size())
      QSKIP("the directions would be cut like the methods");
    QCOMPARE(batchesFault(c), QString());
  }

  void nothingAddedIsNull() {
    for (const char* id : {"delta_m", "mean_rank"})
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
  }

  void refusals_data() {
    refusalColumns();
    addRefusal("delta_m", {}, {{"prediction", {1}}, {"higher_is_better", {1}}},
               "delta_m.baseline: is required and missing");
    addRefusal("delta_m", {}, {{"prediction", {1}}, {"baseline", {0}}, {"higher_is_better", {1}}},
               "delta_m.baseline: must not be 0, as changes are relative to it; found 0");
    addRefusal("delta_m", {}, {{"prediction", {1, 2}}, {"baseline", {1}}},
               "delta_m.baseline: must have the shape of prediction [2], found [1]");
    addRefusal("delta_m", {}, {{"prediction", {1}}, {"baseline", {1}}},
               "delta_m.higher_is_better: is required and missing");
    addRefusal("mean_rank", {}, {{"prediction", {1, 2}}, {"higher_is_better", {1, 1}}},
               "mean_rank.prediction: expected [methods, metrics], found [2]");
    addRefusal("mean_rank", {}, {{"prediction", {{1, 2}}}, {"higher_is_better", {1}}},
               "mean_rank.higher_is_better: must have the shape of the metrics [2], found [1]");
    addRefusal("mean_rank", {}, {{"prediction", {{1, 2}}}, {"higher_is_better", {1, 2}}},
               "mean_rank.higher_is_better: must be 0 or 1, found 2");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestMultiTask)
#include "tst_multi_task.moc"
