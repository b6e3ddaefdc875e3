#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/data/problem.h"
#include "core/train/device.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/snapshot.h"
#include "core/train/teaching.h"
#include "core/train/trainer.h"
#include "tests/balancers.h"
#include "tests/registry.h"

using eq::train::Command;
using eq::train::Experiment;
using eq::train::SplitName;
using eq::train::StepRecord;
using eq::train::Trainer;
using nlohmann::json;

namespace {

/// Real data, three unlike tasks, small enough for hundreds of steps a second.
json wine() {
  return json::parse(R"({
    "name": "wine",
    "data": {"id": "table", "path": "data/wine.csv",
             "targets": [{"column": "cultivar", "kind": "class"}, {"column": "alcohol", "kind": "number"},
                         {"column": "color_intensity", "kind": "number"}]},
    "model": {"id": "mlp", "hidden": [16], "dropout": 0.1},
    "optimizer": {"id": "adam", "lr": 0.01},
    "batch_size": 32,
    "epochs": 20,
    "threads": 2,
    "conflict": {"every": 3}
  })");
}

Experiment experimentOf(const json& changes = json::object()) {
  json value = wine();
  value.merge_patch(changes);
  return eq::train::experimentFromJson(value, eq::test::inSource("samples"));
}

bool sameBits(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool sameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](double x, double y) { return sameBits(x, y); });
}

/// Everything but the wall time.
bool sameRecords(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           const bool conflicts =
               x.conflict.has_value() == y.conflict.has_value() &&
               (!x.conflict || sameBits(x.conflict->cosines, y.conflict->cosines));
           return x.step == y.step && x.epoch == y.epoch && x.examples == y.examples &&
                  x.learningRate == y.learningRate && sameBits(x.losses, y.losses) &&
                  sameBits(x.weights, y.weights) && conflicts;
         });
}

std::vector<StepRecord> train(Trainer& trainer, int steps) {
  for (int i = 0; i < steps; ++i) trainer.step();
  return trainer.takeRecords();
}

std::map<std::string, at::Tensor> copyOf(const Trainer& trainer) {
  auto tensors = trainer.snapshot().tensors;
  tensors.erase("random.dropout");
  return tensors;
}

bool sameTensors(const std::map<std::string, at::Tensor>& a,
                 const std::map<std::string, at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.equal(y.second);
  });
}

template <typename Work>
QString message(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

class TestTrainer : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(2); }

  void lowersEveryTask() {
    Trainer trainer(experimentOf());
    const auto before = trainer.evaluate(SplitName::validation);
    train(trainer, 80);
    const auto after = trainer.evaluate(SplitName::validation);
    for (size_t k = 0; k < after.tasks.size(); ++k)
      QVERIFY2(after.tasks[k].at("loss") < before.tasks[k].at("loss"),
               trainer.tasks()[k].name.c_str());
  }

  void classReportsSayWhatTheMetricsSay() {
    Trainer trainer(experimentOf());
    train(trainer, 30);
    const auto evaluation = trainer.evaluate(SplitName::validation);
    QCOMPARE(evaluation.reports.size(), size_t{1});  // the numbers have none
    const auto& report = evaluation.reports.at(0);
    QCOMPARE(report.classes, 3);
    double right = 0, all = 0;
    for (std::int64_t c = 0; c < 3; ++c) right += report.at(c, c);
    for (const double count : report.confusion) all += count;
    QCOMPARE(right / all, evaluation.tasks[0].at("accuracy"));
    QCOMPARE(eq::metric::calibrationErrors(report.bins).expected, evaluation.tasks[0].at("ece"));
  }

  /// The loss of a sum was the mean of the chunks' sums: it went with the size of the chunks.
  void sumsOverASplitAddUp_data() {
    QTest::addColumn<QString>("loss");
    QTest::addColumn<double>("ofSum");
    QTest::addColumn<double>("ofMean");
    const json mse = {{"id", "mse"}, {"params", {{"reduction", "sum"}}}};
    const json both = {{"id", "mse"}, {"weight", 0.5}};
    const auto row = [](const char* name, const json& loss, double ofSum, double ofMean) {
      QTest::newRow(name) << QString::fromStdString(loss.dump()) << ofSum << ofMean;
    };
    row("mean", {{"id", "mse"}}, 0, 1);
    row("sum", {{"id", "mse"}, {"reduction", "sum"}}, 1, 0);
    row("sums", {{"id", "sum"}, {"terms", {mse, mse}}}, 2, 0);
    row("sum and mean", {{"id", "sum"}, {"terms", {mse, both}}}, 1, 0.5);
  }
  void sumsOverASplitAddUp() {
    QFETCH(QString, loss);
    QFETCH(double, ofSum);
    QFETCH(double, ofMean);
    constexpr std::int64_t kExamples = 2500;
    const auto evaluated = [&](const json& method) {
      eq::data::Problem problem;
      problem.inputShape = {1};
      problem.tasks = {{"number", eq::TaskKind::regression, 1, {}, {}, {}}};
      const auto inputs = at::linspace(-1, 3, kExamples).unsqueeze(1);
      problem.train = {inputs, {inputs.squeeze(1).square()}, {}, {}};
      problem.validation = problem.test = problem.train;
      Trainer trainer(experimentOf({{"tasks", {{{"name", "number"}, {"loss", method}}}}}), problem);
      return trainer.evaluate(SplitName::train).tasks[0].at("loss");
    };
    const double mean = evaluated({{"id", "mse"}});
    const double expected = (ofSum * kExamples + ofMean) * mean;
    QVERIFY(std::abs(evaluated(json::parse(loss.toStdString())) - expected) < 1e-5 * expected);
  }

  void sameSeedSameBits() {
    Trainer one(experimentOf());
    Trainer two(experimentOf());
    const auto records = train(one, 20);
    QVERIFY(sameRecords(records, train(two, 20)));
    Trainer other(experimentOf({{"seed", 2}}));
    QVERIFY(!sameRecords(records, train(other, 20)));
  }

  /// An experiment in which a method moves within a few steps.
  static json changesFor(const std::string& id, std::int64_t tasks) {
    const char* slot = eq::balance::weightings().contains(id) ? "weighting" : "gradient";
    auto method = eq::test::neededParams(id, tasks);
    method["id"] = id;
    if (id == "coba") method.update({{"warmup", 2}, {"history", 4}});
    json changes = {{"balancer", {{slot, method}}}};
    if (id == "dtp")
      changes["tasks"] = {{{"name", "cultivar"}, {"metrics", {{{"id", "accuracy"}}}}}};
    return changes;
  }

  static void addMethods() {
    QTest::addColumn<QString>("changes");
    constexpr int kTasks = 3;
    for (const auto* descriptor : eq::balance::allDescriptors())
      if (eq::test::fewestTasks(descriptor->id) <= kTasks)
        QTest::newRow(descriptor->id.c_str())
            << QString::fromStdString(changesFor(descriptor->id, kTasks).dump());
    for (const char* granularity : {"layer", "tensor"})
      for (const char* id : {"mgda", "pcgrad", "nash_mtl"})
        QTest::addRow("%s a %s", id, granularity) << QString::fromStdString(
            json{{"balancer", {{"gradient", {{"id", id}, {"granularity", granularity}}}}}}.dump());
    for (const char* id : {"modo", "sdmgrad"})
      QTest::addRow("%s a layer", id) << QString::fromStdString(json{
          {"balancer", {{"gradient", {{"id", id}, {"granularity", "layer"}}}}},
          {"model", {{"hidden", {16, 8}}}}}.dump());
    QTest::newRow("norms of the last layer")
        << R"({"balancer": {"weighting": {"id": "gradnorm", "norms": "last"}}})";
    QTest::newRow("preferences of tasks") << R"({"balancer": {"gradient": {"id": "epo"}},
               "tasks": [{"name": "cultivar", "preference": 0.2}, {"name": "alcohol"},
                         {"name": "color_intensity", "preference": 0.7}]})";
    QTest::newRow("both slots")
        << R"({"balancer": {"weighting": {"id": "imtl_l"}, "gradient": {"id": "imtl_g"}}})";
    for (const char* method : {"", R"(, "balancer": {"gradient": {"id": "mgda"}})"}) {
      QTest::addRow("transformer%s", *method ? " and mgda" : "")
          << QStringLiteral(
                 R"({"model": {"id": "transformer", "hidden": null, "width": 8, "attention_heads": 2}%1})")
                 .arg(method);
      QTest::addRow("resnet%s", *method ? " and mgda" : "") << QStringLiteral(R"({
          "data": {"id": "two_digits", "train_pairs": 96, "test_pairs": 32, "path": null,
                   "targets": null},
          "model": {"id": "resnet", "hidden": null, "channels": [4, 8], "groups": 2}%1})")
                                                                   .arg(method);
    }
  }

  void measuringConflictLeavesTheTrainingAlone_data() { addMethods(); }
  void measuringConflictLeavesTheTrainingAlone() {
    QFETCH(QString, changes);
    const auto experiment = experimentOf(json::parse(changes.toStdString()));
    for (const char* source : {"exact", "representation"}) {
      auto watched = experiment, alone = experiment;
      watched.conflict = {1, source, true};
      alone.conflict.every = 0;
      Trainer with(watched), without(alone);
      const auto measured = train(with, 12);
      const auto plain = train(without, 12);
      QVERIFY(measured.back().conflict.has_value());
      QVERIFY(!measured.back().conflict->layers.empty());
      QVERIFY(!plain.back().conflict.has_value());
      for (size_t i = 0; i < plain.size(); ++i) {
        QVERIFY(sameBits(measured[i].losses, plain[i].losses));
        QVERIFY(sameBits(measured[i].weights, plain[i].weights));
      }
      QVERIFY(sameTensors(copyOf(with), copyOf(without)));
    }
  }

  /// All together they are the whole: squares of norms and products of pairs add up.
  void layersAddUpToTheWhole() {
    auto experiment = experimentOf({{"model", {{"hidden", {8, 6}}}}});
    experiment.conflict = {2, "exact", true};
    Trainer trainer(experiment);
    Command off;
    off.kind = Command::Kind::setTaskEnabled;
    off.task = 1;
    int seen = 0;
    for (int step = 0; step < 4; ++step) {
      const auto record = train(trainer, 1).front();
      if (step == 1) trainer.apply(off);
      if (!record.conflict) continue;
      ++seen;
      const auto& whole = *record.conflict;
      QCOMPARE(whole.layers.size(), size_t{2});
      QCOMPARE(whole.layers[1].name, std::string("trunk.1"));
      size_t pair = 0;
      for (size_t i = 0; i < 3; ++i) {
        double square = 0;
        for (const auto& layer : whole.layers) square += layer.norms[i] * layer.norms[i];
        QVERIFY(std::abs(square - whole.norms[i] * whole.norms[i]) <= 1e-6 * square);
        for (size_t j = i + 1; j < 3; ++j, ++pair) {
          double product = 0;
          for (const auto& layer : whole.layers)
            product += layer.norms[i] * layer.norms[j] * layer.cosines[pair];
          const double lengths = whole.norms[i] * whole.norms[j];
          QCOMPARE(std::isnan(product), std::isnan(whole.cosines[3 * i + j]));
          if (!std::isnan(product))
            QVERIFY(std::abs(product - lengths * whole.cosines[3 * i + j]) <= 1e-6 * lengths);
        }
      }
    }
    QCOMPARE(seen, 2);
  }

  void resumesBitForBit_data() {
    addMethods();
    for (const auto* descriptor : eq::train::optimizers().descriptors())
      QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(
          json{{"optimizer", {{"id", descriptor->id}, {"lr", 0.01}}}}.dump());
  }
  void resumesBitForBit() {
    QFETCH(QString, changes);
    const Experiment experiment = experimentOf(json::parse(changes.toStdString()));
    Trainer whole(experiment);
    train(whole, 13);
    const auto snapshot = whole.snapshot();
    const auto rest = train(whole, 13);
    Trainer resumed(whole.experiment());
    resumed.restore(snapshot);
    QCOMPARE(resumed.stepsDone(), std::int64_t{13});
    QVERIFY(sameRecords(rest, train(resumed, 13)));
  }

  void commandsTakeEffectAtTheNextStep() {
    Trainer trainer(experimentOf());
    train(trainer, 5);
    trainer.apply(Command::setLoss(1, {"huber"}));
    trainer.apply(Command::setWeight(2, 0.5));
    trainer.apply(Command::setGradient({"pcgrad"}));
    trainer.apply(Command::setLearningRate(0.002));
    QCOMPARE(trainer.experiment().tasks[1].loss.id, std::string("huber"));
    const auto events = trainer.takeEvents();
    QCOMPARE(events.size(), size_t{4});
    QCOMPARE(events[0].step, std::int64_t{5});
    QCOMPARE(events[0].kind, std::string("command"));
    QVERIFY(eq::train::commandFromJson(events[0].detail, "event") ==
            Command::setLoss(1, {"huber"}));
    const auto records = train(trainer, 1);
    QCOMPARE(records[0].learningRate, 0.002);
  }

  void resumesAfterCommandsBitForBit() {
    Trainer whole(experimentOf());
    train(whole, 4);
    whole.apply(Command::setLoss(0, {"focal", {{"gamma", 3}}}));
    whole.apply(Command::setTaskEnabled(1, false));
    whole.apply(Command::setTaskFrozen(2, true));
    whole.apply(Command::setWeighting({"uncertainty"}));
    train(whole, 4);
    const auto snapshot = whole.snapshot();
    const auto rest = train(whole, 9);
    Trainer resumed(whole.experiment());
    resumed.restore(snapshot);
    QVERIFY(sameRecords(rest, train(resumed, 9)));
  }

  void refusedCommandsChangeNothing() {
    Trainer trainer(experimentOf());
    Trainer untouched(experimentOf());
    train(trainer, 2);
    train(untouched, 2);
    QVERIFY(message([&] {
              trainer.apply(Command::setLoss(1, {"focal"}));
            }).contains("does not fit the task alcohol"));
    QVERIFY(message([&] {
              trainer.apply(Command::setLoss(0, {"cross_entropy", {{"class_weights", {1, 2}}}}));
            }).startsWith("tasks[0].loss"));
    QVERIFY(message([&] {
              trainer.apply(Command::setWeighting({"dwa", {{"temperature", 0}}}));
            }).contains("temperature"));
    QVERIFY(trainer.experiment() == untouched.experiment());
    QVERIFY(trainer.takeEvents().empty());
    QVERIFY(sameRecords(train(trainer, 5), train(untouched, 5)));
  }

  void disabledTasksAreLeftOut() {
    Trainer trainer(experimentOf());
    trainer.apply(Command::setTaskEnabled(1, false));
    const auto records = train(trainer, 3);
    QVERIFY(std::isnan(records[0].losses[1]));
    QCOMPARE(records[0].weights[1], 0.0);
    QVERIFY(std::isfinite(records[0].losses[0]));
  }

  /// The losses' own gradients, and none where nobody asks.
  void pointsGoWhereTheirLossesPoint() {
    const auto experiment =
        eq::train::experimentFromJson({{"data", {{"id", "two_valleys"}, {"start", "lower_left"}}},
                                       {"model", {{"id", "point"}}},
                                       {"optimizer", {{"id", "sgd"}, {"lr", 0.1}, {"momentum", 0}}},
                                       {"conflict", {{"every", 1}}}});
    Trainer both(experiment);
    const auto records = train(both, 2);
    const auto &first = records[0].point, &second = records[1].point;
    // Sum of the gradients at (-7.5, -0.5) by the formula: losses 0.388808 and -4.754484.
    QVERIFY(std::abs(records[0].losses[0] - 0.388808) < 1e-5);
    QVERIFY(std::abs(records[0].losses[1] + 4.754484) < 1e-5);
    QVERIFY(std::abs(records[0].conflict->cosines[1] + 0.7048) < 5e-5);
    const double length = std::hypot(second[0] - first[0], second[1] - first[1]);
    QVERIFY(std::abs(length - 0.1 * records[0].conflict->updateNorm) < 1e-5 * length);
    Trainer none(experiment);
    for (const int task : {0, 1}) none.apply(Command::setTaskEnabled(task, false));
    const auto still = train(none, 2);
    QCOMPARE(still[1].point, still[0].point);
  }

  void nonFiniteLossIsNamedAndSkipsTheStep() {
    // A learning rate that throws the numbers out of range: the run reports it and its parameters
    // stay as they were.
    Trainer trainer(experimentOf({{"optimizer", {{"id", "sgd"}, {"lr", 1e30}}},
                                  {"balancer", {{"weighting", {{"id", "equal"}}}}}}));
    train(trainer, 6);
    const auto events = trainer.takeEvents();
    QVERIFY(!events.empty());
    QCOMPARE(events[0].kind, std::string("nonfinite"));
    QVERIFY2(events[0].text.find("cultivar") != std::string::npos ||
                 events[0].text.find("alcohol") != std::string::npos,
             events[0].text.c_str());
  }

  /// Steps were skipped without a word where finite losses overflowed in their sum.
  void stepsOfHugeFiniteLossesAreApplied() {
    const json huge = {{"id", "expression"}, {"text", "(p - t)^2 + 3e38"}};
    Trainer trainer(experimentOf(
        {{"tasks",
          {{{"name", "alcohol"}, {"loss", huge}}, {{"name", "color_intensity"}, {"loss", huge}}}},
         {"batch_size", 1}}));
    const auto before = copyOf(trainer);
    const auto records = train(trainer, 1);
    QVERIFY(std::isfinite(records[0].losses[0]) && std::isfinite(records[0].losses[1]));
    QVERIFY(!sameTensors(copyOf(trainer), before));
    QVERIFY(trainer.takeEvents().empty());
  }

  /// An infinite weight was recorded, and the gradient was blamed a hundred steps later.
  void weightThatIsNotFiniteIsNamedAndNeitherRecordedNorApplied() {
    const json weighting = {{"id", "imtl_l"}, {"optimizer", "sgd"}, {"lr", 1e300}};
    Trainer trainer(experimentOf({{"balancer", {{"weighting", weighting}}}}));
    auto before = copyOf(trainer);
    std::vector<StepRecord> records;
    std::vector<eq::train::EventRecord> events;
    for (int i = 0; i < 40 && events.empty(); ++i) {
      before = copyOf(trainer);
      records = train(trainer, 1);
      events = trainer.takeEvents();
    }
    QVERIFY(!events.empty());
    QCOMPARE(events[0].kind, std::string("nonfinite"));
    QCOMPARE(events[0].detail.at("balancer").get<std::string>(), std::string("imtl_l"));
    const auto text = QString::fromStdString(events[0].text);
    QVERIFY2(text.contains("the weight that imtl_l gives it is inf"), qPrintable(text));
    for (const double weight : records[0].weights) QVERIFY(std::isfinite(weight));
    QVERIFY(sameTensors(copyOf(trainer), before));
  }

  void weightAtItsBoundIsToldOnceAndAcrossAResume() {
    const json weighting = {{"id", "uncertainty"}, {"optimizer", "sgd"}, {"lr", 1000}};
    Trainer trainer(experimentOf({{"balancer", {{"weighting", weighting}}}}));
    train(trainer, 1);
    const auto events = trainer.takeEvents();
    QVERIFY(!events.empty());
    QVERIFY2(
        events[0].text.find("uncertainty: its s = log σ² is at the bound") != std::string::npos,
        events[0].text.c_str());
    Trainer resumed(trainer.experiment());
    resumed.restore(trainer.snapshot());
    train(trainer, 5);
    train(resumed, 5);
    const auto lines = [](const std::vector<eq::train::EventRecord>& all) {
      std::vector<std::string> texts;
      for (const auto& event : all) texts.push_back(event.text);
      return texts;
    };
    QCOMPARE(lines(resumed.takeEvents()), lines(trainer.takeEvents()));
  }

  /// Finite losses with a gradient that is not finite made every parameter NaN.
  void nonFiniteGradientIsNamedAndSkipsTheStep_data() {
    QTest::addColumn<QString>("changes");
    QTest::addColumn<QString>("subject");
    QTest::newRow("not measured") << R"({"conflict": {"every": 0}})"
                                  << "the";
    QTest::newRow("measured") << R"({"conflict": {"every": 1}})"
                              << "alcohol: the";
    QTest::newRow("measured late") << R"({"conflict": {"every": 3}})"
                                   << "alcohol: the";
    for (const char* id : {"pcgrad", "mgda_ub", "cagrad"})
      QTest::newRow(id) << QString::fromStdString(json{{"conflict", {{"every", 0}}},
                                                       {"balancer", {{"gradient", {{"id", id}}}}}}
                                                      .dump())
                        << "alcohol: the";
    QTest::newRow("gradnorm")
        << R"({"conflict": {"every": 0}, "balancer": {"weighting": {"id": "gradnorm"}}})"
        << "alcohol: the";
  }
  void nonFiniteGradientIsNamedAndSkipsTheStep() {
    QFETCH(QString, changes);
    QFETCH(QString, subject);
    // Beyond 5 its value is finite and its slope is not, which no probe at the start sees.
    const json spoilt = {{"id", "expression"},
                         {"text", "(p - t)^2 + 1 / (1 + exp(1000 * (p - 5)))"}};
    json changed = json::parse(changes.toStdString());
    changed["tasks"] = {{{"name", "cultivar"}}, {{"name", "alcohol"}, {"loss", spoilt}}};
    Trainer trainer(experimentOf(changed));
    auto moved = trainer.snapshot();
    for (auto& [name, tensor] : moved.tensors)
      if (name.starts_with("model.") && tensor.numel() == 1) tensor.fill_(20);  // alcohol's bias
    trainer.restore(moved);
    const auto before = copyOf(trainer);
    const auto records = train(trainer, 7);
    for (const auto& record : records) QVERIFY(std::isfinite(record.losses[1]));
    QVERIFY(sameTensors(copyOf(trainer), before));
    const auto events = trainer.takeEvents();
    QCOMPARE(events.size(), size_t{1});
    QCOMPARE(events[0].step, std::int64_t{1});
    QCOMPARE(events[0].kind, std::string("nonfinite"));
    QCOMPARE(QString::fromStdString(events[0].text),
             subject +
                 " gradient is not finite; such steps are not applied. Lower the learning "
                 "rate or change the loss");

    Trainer resumed(trainer.experiment());
    resumed.restore(trainer.snapshot());
    train(resumed, 100);
    QVERIFY(resumed.takeEvents().empty() || subject == "the");
    QVERIFY(message([&] { resumed.step(); }).contains("gradient"));
    resumed.apply(Command::setLoss(1, {"mse"}));
  }

  /// LibTorch's own text, in an exception that nobody expects, ended the run.
  void weightsBeyondTheNumbersOfTheModelAreNamed_data() {
    QTest::addColumn<QString>("balancer");
    QTest::newRow("static") << R"({"weighting": {"id": "static", "weights": [1, 1e39, 1]}})";
    QTest::newRow("heads apart") << R"({"weighting": {"id": "static", "weights": [1, 1e39, 1],
                                                      "weight_heads": false}})";
    QTest::newRow("cagrad") << R"({"gradient": {"id": "cagrad", "c": 1e300}})";
  }
  void weightsBeyondTheNumbersOfTheModelAreNamed() {
    QFETCH(QString, balancer);
    Trainer trainer(experimentOf({{"balancer", json::parse(balancer.toStdString())}}));
    const auto said = message([&] { trainer.step(); });
    QVERIFY2(said.startsWith("step 1: the weight of ") && said.contains("smaller weights"),
             qPrintable(said));
    QCOMPARE(trainer.stepsDone(), std::int64_t{0});
  }

  void guardedNamesThePlaceOfAnyException() {
    const auto said = message([] {
      eq::train::guarded("step 3", [] { throw std::runtime_error("does not convert\nat line 1"); });
    });
    QCOMPARE(said, QString("step 3: does not convert"));
    const auto own = message([] { eq::train::guarded("step 3", [] { eq::fail("lr: no"); }); });
    QCOMPARE(own, QString("lr: no"));
  }

  /// Only the first examples of the first batch were looked at.
  void everyTargetIsCheckedWhenALossEnters() {
    constexpr std::int64_t kExamples = 3001;
    eq::data::Problem problem;
    problem.inputShape = {1};
    problem.tasks = {{"count", eq::TaskKind::regression, 1, {}, {}, {}}};
    const auto inputs = at::linspace(0, 1, kExamples).unsqueeze(1);
    for (const std::int64_t wrong : {std::int64_t{0}, kExamples / 2, kExamples - 1}) {
      auto targets = inputs.squeeze(1).round();
      targets[wrong] = -5;
      problem.train = {inputs, {targets}, {}, {}};
      problem.validation = problem.test = problem.train;
      const json poisson = {{{"name", "count"}, {"loss", {{"id", "poisson_nll"}}}}};
      const QString expected =
          "tasks[0].loss: poisson_nll.target: counts must be at least 0, found -5";
      QCOMPARE(message([&] { Trainer{experimentOf({{"tasks", poisson}}), problem}; }), expected);
      Trainer trainer(experimentOf({{"tasks", nullptr}}), problem);
      QCOMPARE(message([&] { trainer.apply(Command::setLoss(0, {"poisson_nll"})); }), expected);
      QCOMPARE(trainer.experiment().tasks[0].loss.id, std::string("mse"));
    }
  }

  /// The teacher was asked for a teacher of its own.
  void aPupilTeachesInTurn() {
    const json distillation = {{"id", "distillation"}, {"ce_weight", 0}};
    const json tasks = {{{"name", "cultivar"}, {"loss", distillation}, {"teacher", "former"}}};
    Trainer first(experimentOf());
    train(first, 80);
    auto former = first.snapshot();
    for (int generation = 0; generation < 2; ++generation) {
      const auto pupil = eq::train::taughtTrainer(experimentOf({{"tasks", tasks}}),
                                                  [&](const std::string&) { return former; });
      train(*pupil, 80);
      QVERIFY(pupil->evaluate(SplitName::validation).tasks[0].at("accuracy") > 0.8);
      former = pupil->snapshot();
    }
    // Whoever trains still needs one.
    const json untaught = {{{"name", "cultivar"}, {"loss", distillation}}};
    QVERIFY(message([&] { Trainer{experimentOf({{"tasks", untaught}})}; }).contains("teacher"));
  }

  void namesWhatDoesNotFit() {
    QVERIFY(message([] {
              Trainer{experimentOf({{"device", "cuda:7"}})};
            }).startsWith("device: cuda:7 is not there; available: cpu"));
    json named = {{"tasks", {{{"name", "colour"}}}}};
    QCOMPARE(message([&] { Trainer{experimentOf(named)}; }),
             QString("tasks[0].name: the data has no task \"colour\"; it has cultivar, alcohol, "
                     "color_intensity"));
    named["tasks"][0] = {{"name", "alcohol"}, {"metrics", {"f1"}}};
    QVERIFY(message([&] {
              Trainer{experimentOf(named)};
            }).startsWith("tasks[0].metrics[0].id: f1 does not fit the task alcohol"));
  }

  /// The second one overwrote the first.
  void refusesAMetricTwice() {
    const json metrics = {{{"id", "ece"}, {"bins", 5}}, "accuracy", {{"id", "ece"}, {"bins", 20}}};
    const json tasks = {{{"name", "cultivar"}, {"metrics", metrics}}};
    QCOMPARE(
        message([&] {
          Trainer{experimentOf({{"tasks", tasks}})};
        }),
        QString("tasks[0].metrics[2].id: \"ece\" stands at metrics[0] already; a task has each "
                "metric once, so leave one of them out"));
  }
};

EQUIPOISE_TEST(TestTrainer)
#include "tst_trainer.moc"
