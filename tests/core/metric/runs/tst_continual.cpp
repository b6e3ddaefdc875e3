#include "tests/core/metric/metric_test.h"
#include "tests/registry.h"

using namespace eq::metric::test;

namespace {

const char* const kIds[] = {"continual_accuracy", "backward_transfer", "forgetting",
                            "forward_transfer"};

void addRandom(eq::RandomStream& random, size_t tasks) {
  Table accuracy(tasks, Row(tasks));
  for (auto& row : accuracy)
    for (auto& value : row) value = random.uniform();
  Row baseline(tasks);
  for (auto& value : baseline) value = random.uniform();
  const size_t last = tasks - 1;
  Row backward, lost, forward;
  for (size_t j = 0; j < last; ++j) {
    backward.push_back(accuracy[last][j] - accuracy[j][j]);
    double best = accuracy[0][j];
    for (size_t t = 0; t < last; ++t) best = std::max(best, accuracy[t][j]);
    lost.push_back(best - accuracy[last][j]);
    forward.push_back(accuracy[j][j + 1] - baseline[j + 1]);
  }
  const json input{{"prediction", accuracy}, {"baseline", baseline}};
  addCase("continual_accuracy", {}, input, mean(accuracy[last]));
  addCase("backward_transfer", {}, input, expectation(mean(backward)));
  addCase("forgetting", {}, input, expectation(mean(lost)));
  addCase("forward_transfer", {}, input, expectation(mean(forward)));
}

}  // namespace

class TestContinual : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void values_data() {
    caseColumns();
    const json sheet{{"prediction", {{.9, nullptr, nullptr}, {.85, .8, nullptr}, {.7, .75, .85}}},
                     {"baseline", {.1, .1, .1}}};
    addCase("continual_accuracy", {}, sheet, 0.766667, 6e-7);
    addCase("backward_transfer", {}, sheet, -0.125, 6e-7);
    addCase("forgetting", {}, sheet, 0.125, 6e-7);
    addCase("forward_transfer", {}, sheet, nullptr);  // what it reads is unknown
    auto known = sheet;
    known["prediction"][0][1] = 0.3;
    known["prediction"][1][2] = 0.2;
    addCase("forward_transfer", {}, known, 0.15);
    eq::RandomStream random(22);
    for (const size_t tasks : {1, 2, 3, 8}) addRandom(random, tasks);
  }
  void values() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void undefined_data() {
    caseColumns();
    const json one{{"prediction", {{.9}}}, {"baseline", {.1}}};
    addCase("continual_accuracy", {}, one, 0.9);
    for (const char* id : {"backward_transfer", "forgetting", "forward_transfer"})
      addCase(id, {}, one, nullptr);
    const json open{{"prediction", {{.9, nullptr}, {nullptr, .8}}}, {"baseline", {.1, .1}}};
    for (const char* id : kIds) addCase(id, {}, open, nullptr);
    addCase("continual_accuracy", {}, {{"prediction", {{nullptr}}}}, nullptr);
  }
  void undefined() { QCOMPARE(valueFault(fetchCase()), QString()); }

  void nothingAddedIsNull() {
    for (const char* id : kIds)
      QVERIFY(valueOf(id, {}, std::vector<eq::metric::Batch>()).is_null());
  }

  void refusals_data() {
    refusalColumns();
    for (const char* id : kIds)
      addRefusal(id, {}, {{"prediction", {{1, 2}}}},
                 QString("%1.prediction: expected accuracies [T, T], found [1, 2]").arg(id));
    addRefusal("forward_transfer", {}, {{"prediction", {{1, 2}, {3, 4}}}},
               "forward_transfer.baseline: is required and missing");
    addRefusal("forward_transfer", {}, {{"prediction", {{1, 2}, {3, 4}}}, {"baseline", {1}}},
               "forward_transfer.baseline: must have the shape of the tasks [2], found [1]");
    addRefusal(
        "forward_transfer", {}, {{"prediction", {{1, 2}, {3, 4}}}, {"baseline", {nullptr, 1}}},
        "forward_transfer.baseline[0]: expected a number, found null; leave the example out, or "
        "give it a mask of 0 where the method reads one");
    addRefusal("forgetting", {}, {{"prediction", {{1, nullptr}, {nullptr}}}},
               "forgetting.prediction[1]: expected 2 entries as in the lists before, found 1");
  }
  void refusals() { compareRefusal(); }
};

EQUIPOISE_TEST(TestContinual)
#include "tst_continual.moc"
